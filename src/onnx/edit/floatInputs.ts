/** Half-precision inputs taken as float32: gradients come back in float32, and every runtime can be fed. */
import { GraphBuilder } from "../graphBuilder.ts";
import {
  ELEMENT_TYPE,
  declaredDims,
  elementTypeOf,
  graphOf,
  makeNode,
  makeValueInfo,
} from "../messages.ts";
import type { ModelProto } from "../messages.ts";
import { renameNode } from "./rewire.ts";

/** The model with each float16 input declared float32 and cast inside; the same object when there is none. */
export function withFloat32Inputs(model: ModelProto): ModelProto {
  const graph = graphOf(model);
  const stored = new Set(graph.initializer.map((tensor) => tensor.name));
  const half = graph.input.filter(
    (info) => elementTypeOf(info) === ELEMENT_TYPE.float16 && !stored.has(info.name),
  );
  if (half.length === 0) return model;
  const builder = new GraphBuilder(model);
  const inner = new Map(half.map(({ name }) => [name, builder.fresh(`${name}/half`)]));
  const rename = (name: string): string => inner.get(name) ?? name;
  const casts = Array.from(inner, ([name, cast]) =>
    makeNode("Cast", [name], [cast], {
      name: builder.fresh(`${name}/cast`),
      attributes: { to: { int: ELEMENT_TYPE.float16 } },
    }),
  );
  builder.setNodes([...casts, ...graph.node.map((node) => renameNode(node, rename, ""))]);
  builder.setInputs(
    graph.input.map((info) =>
      inner.has(info.name)
        ? makeValueInfo(info.name, ELEMENT_TYPE.float32, declaredDims(info))
        : info,
    ),
  );
  return builder.build();
}
