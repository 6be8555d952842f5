/** What half precision changes in a picture's encoder beyond rounding. */
import { elementTypesOf, isOp } from "../../onnx/elementTypes.ts";
import { GraphView } from "../../onnx/graph.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import type { ModelProto } from "../../onnx/messages.ts";

/**
 * Idefics3 and SmolVLM find a patch's place by comparing i / n * (1 - 1e-6) with the bounds k / n (transformers 4.57,
 * modeling_smolvlm.py). In float32 the factor puts every patch one place back; in half precision it is 1 and does not. The
 * weights then meet other position vectors than in full precision, whatever runs them.
 * @param vision the encoder as it was published
 */
export function halfPositionNotices(vision: ModelProto): readonly string[] {
  const view = new GraphView(vision);
  const types = elementTypesOf(view);
  const isHalf = (name: string): boolean => types.get(name) === ELEMENT_TYPE.float16;
  const compares = view.nodes.some(
    (node) =>
      isOp(node, "Less", "LessOrEqual", "Greater", "GreaterOrEqual") && node.input.every(isHalf),
  );
  if (!compares) return [];
  return [
    "In half precision its encoder of the picture rounds 1 - 1e-6 to 1, so that patches get other position vectors than in float32: the two say different things, in PyTorch as well as here.",
  ];
}
