/**
 * Whole-number image inputs (uint8 pixels, as TensorFlow exports them) taken as float32. Where such pixels are only moved
 * about before they become floating point, the graph computes the same on whole numbers, and has a gradient.
 */
import { isFloatType, isOp } from "../elementTypes.ts";
import { GraphView, nodeReads } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, declaredDims, elementTypeOf, makeNode, makeValueInfo } from "../messages.ts";
import type { ModelProto, NodeProto } from "../messages.ts";
import { intAttribute } from "../tensorData.ts";

/** Operators that carry numbers of any type elsewhere and change none. */
const MOVES = [
  "Expand",
  "Flatten",
  "Gather",
  "Identity",
  "Reshape",
  "Slice",
  "Split",
  "Squeeze",
  "Tile",
  "Transpose",
  "Unsqueeze",
];

/**
 * The model with the named input declared float32; the same object when it is floating point already, undefined when
 * the graph computes with the whole numbers themselves.
 */
export function withFloatPixels(model: ModelProto, image: string): ModelProto | undefined {
  const view = new GraphView(model);
  const info = view.input(image);
  if (!info || isFloatType(elementTypeOf(info))) return model;
  const whole = new Set([image]);
  const b = new GraphBuilder(model);
  const nodes: NodeProto[] = [];
  for (const node of view.nodes) {
    if (!nodeReads(node).some((name) => whole.has(name))) {
      nodes.push(node);
      continue;
    }
    const next = onFloats(b, view, node, whole);
    if (!next) return undefined;
    nodes.push(...next);
  }
  if (view.outputs.some((name) => whole.has(name))) return undefined;
  b.setNodes(nodes);
  b.setInputs(
    view.graph.input.map((each) =>
      each.name === image ? makeValueInfo(image, ELEMENT_TYPE.float32, declaredDims(each)) : each,
    ),
  );
  return b.build();
}

/** What stands for a reader of whole numbers once they come as float32; adds its outputs to `whole` where it moves them. */
function onFloats(
  b: GraphBuilder,
  view: GraphView,
  node: NodeProto,
  whole: Set<string>,
): readonly NodeProto[] | undefined {
  const [data = ""] = node.input;
  if (isOp(node, "Shape", "Size")) return [node];
  if (isOp(node, "Cast")) {
    if (isFloatType(intAttribute(node, "to", 0))) return [node];
    whole.add(node.output[0]!);
    return [makeNode("Identity", [data], [node.output[0]!], { name: node.name })];
  }
  if (isOp(node, "DequantizeLinear")) return dequantized(b, view, node);
  const isMove =
    (isOp(node, ...MOVES) && node.input.slice(1).every((name) => !whole.has(name))) ||
    (isOp(node, "Concat") && node.input.every((name) => whole.has(name)));
  if (!isMove) return undefined;
  for (const name of node.output) if (name !== "") whole.add(name);
  return [node];
}

/** (x - zero point) * scale, for one scale. */
function dequantized(
  b: GraphBuilder,
  view: GraphView,
  node: NodeProto,
): readonly NodeProto[] | undefined {
  const [data = "", scale = "", zeroPoint = ""] = node.input;
  const factor = view.constant(scale);
  if (factor?.dtype !== "float32" || factor.data.length !== 1) return undefined;
  const output = node.output[0]!;
  if (zeroPoint === "") return [makeNode("Mul", [data, scale], [output])];
  const [zero, shifted] = [b.fresh(`${output}/zero`), b.fresh(`${output}/shifted`)];
  return [
    makeNode("Cast", [zeroPoint], [zero], { attributes: { to: { int: ELEMENT_TYPE.float32 } } }),
    makeNode("Sub", [data, zero], [shifted]),
    makeNode("Mul", [shifted, scale], [output]),
  ];
}
