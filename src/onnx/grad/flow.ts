/**
 * Where a change of some values goes in a graph. A value carries a gradient until an operator is proven to have zero
 * derivative; nothing else ends a path, whatever its type, so that an operator nobody thought of is met on the way back
 * and refused by name instead of being left out.
 */
import { isFloatType, isOp } from "../elementTypes.ts";
import type { GraphView } from "../graph.ts";
import { ELEMENT_TYPE, isDefaultDomain } from "../messages.ts";
import type { GraphProto, NodeProto } from "../messages.ts";
import { intAttribute } from "../tensorData.ts";

/**
 * Operators whose outputs do not change, or change only in jumps, when their inputs move a little: the derivative is
 * exactly zero almost everywhere.
 */
const ZERO_DERIVATIVE_OPS: ReadonlySet<string> = new Set([
  "Shape",
  "Size",
  "SequenceLength",
  "OptionalHasElement",
  "ArgMax",
  "ArgMin",
  "NonZero",
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "And",
  "Or",
  "Xor",
  "Not",
  "IsNaN",
  "IsInf",
  "Sign",
  "Floor",
  "Ceil",
  "Round",
  "Hardmax",
  "ConstantOfShape",
  "EyeLike",
  "RandomNormalLike",
  "RandomUniformLike",
  "NonMaxSuppression",
]);

/** Inputs that only steer an operator, by position. */
const ZERO_DERIVATIVE_INPUTS: Readonly<Record<string, readonly number[]>> = {
  // Its second input is read for its type.
  CastLike: [1],
  // Indices and depth; the values it writes do count.
  OneHot: [0, 1],
};

/** Outputs that hold indices or masks, by position. */
const ZERO_DERIVATIVE_OUTPUTS: Readonly<Record<string, readonly number[]>> = {
  TopK: [1],
  MaxPool: [1],
  Dropout: [1],
  // Scale and zero point of a dynamic quantization count as constants; the result is marked as a surrogate.
  DynamicQuantizeLinear: [1, 2],
};

const INTEGER_TYPES: ReadonlySet<number> = new Set([
  ELEMENT_TYPE.uint8,
  ELEMENT_TYPE.int8,
  ELEMENT_TYPE.uint16,
  ELEMENT_TYPE.int16,
  ELEMENT_TYPE.int32,
  ELEMENT_TYPE.int64,
  ELEMENT_TYPE.uint32,
  ELEMENT_TYPE.uint64,
  ELEMENT_TYPE.uint4,
  ELEMENT_TYPE.int4,
]);

export function isIntegerType(elementType: number): boolean {
  return INTEGER_TYPES.has(elementType);
}

type Types = ReadonlyMap<string, number>;

/** True when no output of the node moves with any input, but in jumps. */
function hasZeroDerivative(node: NodeProto, types: Types): boolean {
  if (!isDefaultDomain(node.domain)) return false;
  if (ZERO_DERIVATIVE_OPS.has(node.opType)) return true;
  if (!isOp(node, "Cast", "CastLike")) return false;
  const { bool, undefined: unknown } = ELEMENT_TYPE;
  const from = types.get(node.input[0] ?? "") ?? unknown;
  const to = isOp(node, "Cast")
    ? intAttribute(node, "to", unknown)
    : (types.get(node.input[1] ?? "") ?? unknown);
  // A number cut to an integer; an integer made wider stays on its (quantized) path.
  return to === bool || (isFloatType(from) && isIntegerType(to));
}

/** True when the outputs do not move with the input at this position. */
export function isSteering(node: NodeProto, input: number): boolean {
  return (
    isDefaultDomain(node.domain) && ZERO_DERIVATIVE_INPUTS[node.opType]?.includes(input) === true
  );
}

/** Values that a node's outputs may move with: its inputs, and what its subgraphs capture. */
export function gradientReads(node: NodeProto, types: Types): string[] {
  if (hasZeroDerivative(node, types)) return [];
  const reads = node.input.filter((name, i) => name !== "" && !isSteering(node, i));
  for (const { g, graphs } of node.attribute) {
    for (const graph of g === undefined ? graphs : [g, ...graphs]) {
      reads.push(...capturedBy(graph, types));
    }
  }
  return reads;
}

function capturedBy(graph: GraphProto, types: Types): string[] {
  const own = new Set<string>([
    ...graph.input.map((info) => info.name),
    ...graph.initializer.map((tensor) => tensor.name),
    ...graph.node.flatMap((node) => node.output),
  ]);
  return [
    ...graph.node.flatMap((node) => gradientReads(node, types)),
    ...graph.output.map((info) => info.name),
  ].filter((name) => !own.has(name));
}

/** What moves with some values. */
export interface Reach {
  readonly values: ReadonlySet<string>;
  /** Nodes that pass the change on, in the graph's order. */
  readonly nodes: readonly NodeProto[];
}

/** Everything that moves with the named values. */
export function reachOf(view: GraphView, types: Types, from: readonly string[]): Reach {
  const values = new Set<string>(from);
  const nodes: NodeProto[] = [];
  for (const node of view.nodes) {
    if (!gradientReads(node, types).some((name) => values.has(name))) continue;
    nodes.push(node);
    const fixed = isDefaultDomain(node.domain) ? ZERO_DERIVATIVE_OUTPUTS[node.opType] : undefined;
    node.output.forEach((name, i) => {
      if (name !== "" && fixed?.includes(i) !== true) values.add(name);
    });
  }
  return { values, nodes };
}
