/** Values of a graph under other names, and readers of a value pointed at another one. */
import { LabError } from "../../errors/labError.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import {
  graphOf,
  renameInfo,
  renameTensor,
  replaceGraph,
  withNodeFields,
  withSubgraph,
} from "../messages.ts";
import type { AttributeProto, ModelProto, NodeProto } from "../messages.ts";

/** A copy of the node with every value name passed through `rename`, inside subgraphs too (captured values). */
export function renameNode(
  node: NodeProto,
  rename: (name: string) => string,
  prefix: string,
): NodeProto {
  return withNodeFields(node, {
    name: node.name === "" ? "" : prefix + node.name,
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((attribute) =>
      attribute.g === undefined
        ? attribute
        : withSubgraph(attribute, {
            node: attribute.g.node.map((inner) => renameNode(inner, rename, prefix)),
            output: attribute.g.output.map((info) => renameInfo(info, rename(info.name))),
          }),
    ),
  });
}

/** A model with some names free, and what its values are called now. */
export interface FreedNames {
  readonly model: ModelProto;
  readonly rename: (name: string) => string;
}

/**
 * The model with the given names free: values, weights and outputs that have one are renamed. Heads use it for the inputs
 * and outputs whose names are their contract.
 * @throws LabError "graph-invalid" when an input of the model has one of the names.
 */
export function freeNames(model: ModelProto, names: readonly string[]): FreedNames {
  const graph = graphOf(model);
  const builder = new GraphBuilder(model);
  const taken = names.filter((name) => builder.isTaken(name));
  if (taken.length === 0) return { model, rename: (name) => name };
  const weights = new Set(graph.initializer.map((tensor) => tensor.name));
  const outer = graph.input.find(({ name }) => taken.includes(name) && !weights.has(name));
  if (outer !== undefined) {
    throw new LabError("graph-invalid", `The graph already has an input named "${outer.name}".`, {
      hint: "Rename it in the export.",
    });
  }
  const next = new Map(taken.map((name) => [name, builder.fresh(`${name}_inner`)]));
  const rename = (name: string): string => next.get(name) ?? name;
  const freed = replaceGraph(model, {
    node: graph.node.map((node) => renameNode(node, rename, "")),
    initializer: graph.initializer.map((tensor) =>
      next.has(tensor.name) ? renameTensor(tensor, rename(tensor.name)) : tensor,
    ),
    input: graph.input.map((info) => renameInfo(info, rename(info.name))),
    output: graph.output.map((info) => renameInfo(info, rename(info.name))),
    valueInfo: [],
  });
  return { model: freed, rename };
}

/**
 * The nodes with every read of a name in `replacements` turned into a read of its replacement, subgraphs included
 * unless they define the name themselves. What nodes write keeps its name.
 */
export function rewire(
  nodes: readonly NodeProto[],
  replacements: ReadonlyMap<string, string>,
): NodeProto[] {
  const rename = (name: string): string => replacements.get(name) ?? name;
  return nodes.map((node) => {
    const reads = node.input.some((name) => replacements.has(name));
    const nested = node.attribute.some((attribute) => attribute.g !== undefined);
    if (!reads && !nested) return node;
    return withNodeFields(node, {
      input: node.input.map(rename),
      attribute: node.attribute.map((attribute) => rewireSubgraph(attribute, replacements)),
    });
  });
}

function rewireSubgraph(
  attribute: AttributeProto,
  replacements: ReadonlyMap<string, string>,
): AttributeProto {
  const graph = attribute.g;
  if (graph === undefined) return attribute;
  const own = new Set([
    ...graph.input.map((info) => info.name),
    ...graph.initializer.map((tensor) => tensor.name),
    ...graph.node.flatMap((node) => node.output),
  ]);
  const visible = new Map([...replacements].filter(([name]) => !own.has(name)));
  return visible.size === 0
    ? attribute
    : withSubgraph(attribute, { node: rewire(graph.node, visible) });
}
