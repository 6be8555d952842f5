/** Two graphs joined into one: outputs of the first feed inputs of the second (encoder + answering head). */
import { LabError } from "../../errors/labError.ts";
import { GraphView, nodeReads } from "../graph.ts";
import {
  graphOf,
  isDefaultDomain,
  makeValueInfo,
  renameInfo,
  renameTensor,
  replaceGraph,
} from "../messages.ts";
import type { ModelProto, OperatorSet, ValueInfoProto } from "../messages.ts";
import { renameNode } from "./rewire.ts";

/** Two graphs as one, and what the second's values are called in it. */
export interface JoinedGraph {
  readonly model: ModelProto;
  readonly rename: (name: string) => string;
}

/**
 * One graph that runs the encoder and then the head. Inputs: the encoder's, then the head's unconnected ones. Outputs:
 * the encoder's, then the head's. A name of the head that clashes is prefixed with `prefix`.
 * @param feeds input of the head -> value of the encoder (an input of it too) that it reads
 * @throws LabError "graph-invalid" when a connected name does not exist, "model-incompatible" when the operator sets
 *   of the two graphs differ in a domain where that changes meaning.
 */
export function joinGraphs(
  encoder: ModelProto,
  head: ModelProto,
  feeds: Readonly<Record<string, string>>,
  prefix = "head/",
): JoinedGraph {
  const first = new GraphView(encoder);
  const second = new GraphView(head);
  for (const [input, output] of Object.entries(feeds)) {
    if (!first.has(output)) {
      throw new LabError("graph-invalid", `The encoder has no value named "${output}".`);
    }
    if (second.input(input) === undefined) {
      throw new LabError("graph-invalid", `The head has no input named "${input}".`);
    }
  }
  const opsets = mergedOpsets(encoder, head);
  const rename = headNames(first, second, feeds, prefix);
  const nodeNames = new Set(first.nodes.map((node) => node.name));
  // The runtime also wants node names to be unique.
  const nodes = second.nodes.map((node) =>
    renameNode(node, rename, nodeNames.has(node.name) ? prefix : ""),
  );
  const initializers = second.graph.initializer.map((tensor) => {
    const name = rename(tensor.name);
    return name === tensor.name ? tensor : renameTensor(tensor, name);
  });
  const connected = new Set(Object.keys(feeds));
  const asInfo = (info: ValueInfoProto): ValueInfoProto => renameInfo(info, rename(info.name));
  // Shared symbol names (batch) mean the same size in both graphs only by luck: outputs are left to inference.
  const outputs = second.graph.output.map((info) => makeValueInfo(rename(info.name), 0));
  const model = replaceGraph(
    encoder,
    {
      node: [...first.nodes, ...nodes],
      initializer: [...first.graph.initializer, ...initializers],
      input: [
        ...first.graph.input,
        ...second.graph.input.filter((info) => !connected.has(info.name)).map(asInfo),
      ],
      output: [...first.graph.output.map((info) => makeValueInfo(info.name, 0)), ...outputs],
      valueInfo: [],
    },
    opsets,
  );
  return { model, rename };
}

/** The name that each value of the head gets in the joined graph. */
function headNames(
  first: GraphView,
  second: GraphView,
  feeds: Readonly<Record<string, string>>,
  prefix: string,
): (name: string) => string {
  const source = new Map(Object.entries(feeds));
  const taken = new Set<string>(first.graph.input.map((info) => info.name));
  for (const tensor of first.graph.initializer) taken.add(tensor.name);
  for (const node of first.nodes) {
    for (const name of node.output) taken.add(name);
    for (const name of nodeReads(node)) taken.add(name);
  }
  const own = new Set<string>([
    ...second.graph.input.map((info) => info.name),
    ...second.graph.initializer.map((tensor) => tensor.name),
    ...second.nodes.flatMap((node) => node.output),
  ]);
  return (name) => {
    if (name === "") return "";
    const fed = source.get(name);
    if (fed !== undefined) return fed;
    if (!own.has(name) || !taken.has(name)) return name;
    let candidate = prefix + name;
    while (taken.has(candidate) || own.has(candidate)) candidate = prefix + candidate;
    return candidate;
  };
}

/** Both graphs must agree on the default operator set; other domains are united. */
function mergedOpsets(encoder: ModelProto, head: ModelProto): OperatorSet[] {
  const versions = new Map<string, number>();
  graphOf(encoder);
  for (const model of [encoder, head]) {
    for (const opset of model.opsetImport) {
      const domain = isDefaultDomain(opset.domain) ? "" : opset.domain;
      const version = Number(opset.version);
      const known = versions.get(domain);
      if (known !== undefined && known !== version) {
        throw new LabError(
          "model-incompatible",
          `The encoder uses operator set ${known} and the head ${version}; they must be the same to be joined.`,
          { hint: "Export both files with the same opset_version." },
        );
      }
      versions.set(domain, version);
    }
  }
  return Array.from(versions, ([domain, version]) => ({ domain, version }));
}
