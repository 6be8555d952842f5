/** Versions of the default operator set that the toolkit edits and differentiates. */
import { LabError } from "../errors/labError.ts";
import type { GraphView } from "./graph.ts";

/** The oldest set that can be rewritten into a newer one (upgrade.ts); ONNX Runtime starts there too. */
export const OLDEST_READABLE_OPSET = 7;
/** Sets that the gradient rules and onnxruntime-web 1.30 both know as they are. */
export const OLDEST_OPSET = 13;
const NEWEST_OPSET = 24;

/** @throws LabError "model-unsupported" for an operator set that the toolkit can do nothing with. */
export function checkReadable(view: GraphView): void {
  checkRange(view, OLDEST_READABLE_OPSET);
}

/** @throws LabError "model-unsupported" for an operator set that the gradient rules do not know. */
export function checkOperatorSet(view: GraphView): void {
  checkRange(view, OLDEST_OPSET);
}

function checkRange(view: GraphView, oldest: number): void {
  if (view.opset >= oldest && view.opset <= NEWEST_OPSET) return;
  throw new LabError(
    "model-unsupported",
    `The model uses ONNX operator set ${view.opset}; ${oldest} to ${NEWEST_OPSET} are supported.`,
    { hint: "Export it with opset_version=17, or convert it with onnx.version_converter." },
  );
}
