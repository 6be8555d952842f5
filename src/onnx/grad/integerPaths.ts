/**
 * Integers on a quantized path. What QuantizeLinear and its kin write is a real number on a grid; an operator that only
 * moves, picks or compares such numbers has the derivative it would have on floats, so its rule is given their float32
 * form. Any other arithmetic on integers is refused.
 */
import { isOp } from "../elementTypes.ts";
import { ELEMENT_TYPE, isDefaultDomain } from "../messages.ts";
import type { NodeProto } from "../messages.ts";
import { textAttribute } from "../tensorData.ts";
import { isIntegerType } from "./flow.ts";
import { STRAIGHT_THROUGH_OPS } from "../straightThrough.ts";
import { Vjp } from "./vjp.ts";
import type { GradientContext } from "./vjp.ts";

/** Operators that move or pick entries. */
const MOVING_OPS = new Set([
  "Identity",
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "Transpose",
  "Expand",
  "Tile",
  "Concat",
  "Split",
  "Slice",
  "Pad",
  "Gather",
  "GatherElements",
  "GatherND",
  "ScatterND",
  "ScatterElements",
  "DepthToSpace",
  "SpaceToDepth",
  "ReverseSequence",
  "Trilu",
  "Dropout",
  "MaxPool",
  "GlobalMaxPool",
  "ReduceMax",
  "ReduceMin",
  "TopK",
  "Relu",
]);

/** Operators that compare or join several values: every one of these positions holds such a number. */
const JOINING_OPS: Readonly<Record<string, readonly number[] | "all">> = {
  Concat: "all",
  Max: "all",
  Min: "all",
  Clip: "all",
  Where: [1, 2],
  // On 32-bit accumulators, which do not wrap around.
  Add: "all",
  Sub: "all",
};

/**
 * Positions whose integers the rule of a node should see as float32; empty where nothing is quantized or the rule deals
 * with integers itself.
 * @throws LabError "graph-unsupported-op" for an operator that computes with quantized integers.
 */
export function quantizedInputs(
  node: NodeProto,
  wanted: readonly boolean[],
  context: GradientContext,
): ReadonlySet<number> {
  const typeAt = (i: number): number => context.typeOf(node.input[i] ?? "");
  const integers = wanted.flatMap((isWanted, i) =>
    isWanted && isIntegerType(typeAt(i)) ? [i] : [],
  );
  if (integers.length === 0 || knowsIntegers(node)) return new Set();
  const joined = isDefaultDomain(node.domain) ? JOINING_OPS[node.opType] : undefined;
  if (joined !== undefined) {
    const isNarrow = integers.some((i) => typeAt(i) !== ELEMENT_TYPE.int32);
    if (!isOp(node, "Add", "Sub") || !isNarrow) {
      const present = node.input.flatMap((name, i) => (name === "" ? [] : [i]));
      return new Set(joined === "all" ? present : joined);
    }
  }
  const isNearest = isOp(node, "Resize") && textAttribute(node, "mode", "nearest") === "nearest";
  if (isNearest || (isDefaultDomain(node.domain) && MOVING_OPS.has(node.opType))) {
    return new Set(integers);
  }
  throw new Vjp(context, node, { outputGradients: [], wanted }).unsupported(
    "it computes with quantized integers",
  );
}

/** Operators of quantization and casts: their rules read the integers as they are. */
function knowsIntegers(node: NodeProto): boolean {
  return (
    STRAIGHT_THROUGH_OPS.has(node.opType) ||
    ["DequantizeLinear", "Cast", "MatMulIntegerToFloat"].includes(node.opType)
  );
}
