/** Operators that round what flows through them: their gradient is a straight-through stand-in, not a derivative. */
import { graphOf } from "./messages.ts";
import type { ModelProto, NodeProto } from "./messages.ts";
import { intAttribute } from "./tensorData.ts";

/** Operators whose integer output carries a straight-through gradient; of several outputs only the first does. */
export const STRAIGHT_THROUGH_OPS: ReadonlySet<string> = new Set([
  "QuantizeLinear",
  "DynamicQuantizeLinear",
  "MatMulInteger",
  "ConvInteger",
  "QLinearConv",
  "QLinearMatMul",
]);

/** A product with packed weights whose kernel rounds the activations to 8 bits. */
export function roundsActivations(node: NodeProto): boolean {
  return node.opType === "MatMulNBits" && intAttribute(node, "accuracy_level", 0) === 4;
}

/** Whether a gradient of the graph passes a stand-in somewhere. */
export function hasStandIns(model: ModelProto): boolean {
  return graphOf(model).node.some(
    (node) => STRAIGHT_THROUGH_OPS.has(node.opType) || roundsActivations(node),
  );
}
