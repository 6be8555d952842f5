/** Part of a graph as a model of its own: between named values. */
import { LabError } from "../../errors/labError.ts";
import { GraphView, nodeReads } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, makeValueInfo } from "../messages.ts";
import type { ModelProto } from "../messages.ts";

export interface CutInput {
  /** A value of the graph that is fed from outside from now on. */
  readonly name: string;
  readonly dims: readonly (number | string)[];
  /** ONNX element type number; default float32. */
  readonly elementType?: number;
}

/**
 * The nodes needed to compute `outputs`, starting from the given inner values (and from the graph's own inputs where
 * still needed). Unused nodes, weights and inputs are dropped.
 * @throws LabError "graph-invalid" for a value that does not exist.
 */
export function cutGraph(
  model: ModelProto,
  outputs: readonly string[],
  inputs: readonly CutInput[] = [],
): ModelProto {
  const view = new GraphView(model);
  for (const name of [...outputs, ...inputs.map((input) => input.name)]) {
    if (!view.has(name)) {
      throw new LabError("graph-invalid", `The graph has no value named "${name}".`);
    }
  }
  const fed = new Set(inputs.map((input) => input.name));
  // Walk back from the outputs, stopping at what is fed.
  const needed = new Set<string>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const name = stack.pop()!;
    if (needed.has(name)) continue;
    needed.add(name);
    const producer = fed.has(name) ? undefined : view.producer(name);
    if (producer !== undefined) stack.push(...nodeReads(producer));
  }
  const builder = new GraphBuilder(model);

  builder.setNodes(
    view.nodes.filter((node) => node.output.some((name) => needed.has(name) && !fed.has(name))),
  );
  const clash = builder.nodes.flatMap((node) => node.output).find((name) => fed.has(name));
  if (clash !== undefined) {
    throw new LabError(
      "graph-invalid",
      `"${clash}" cannot be fed: its node also makes another value that is needed.`,
    );
  }
  builder.setInputs([
    ...view.inputs.filter((info) => needed.has(info.name) && !fed.has(info.name)),
    ...inputs.map(({ name, dims, elementType }) =>
      makeValueInfo(name, elementType ?? ELEMENT_TYPE.float32, dims),
    ),
  ]);
  builder.setOutputs(outputs.map((name) => makeValueInfo(name, ELEMENT_TYPE.undefined)));
  return builder.build();
}
