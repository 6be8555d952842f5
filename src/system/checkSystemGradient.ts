/** Whether a system's gradient is right: central differences of its own loss. */
import { LabError } from "../errors/labError.ts";
import type { GradientCheck } from "../model/visionLanguageModel.ts";
import { checkGradient } from "../onnx/grad/check.ts";
import { floatTensor } from "../tensor/tensor.ts";
import type { Evaluator } from "./system.ts";

export async function checkSystemGradient(
  { loss, lossAndGradient }: Evaluator,
  image: Float32Array,
  seed: number,
): Promise<GradientCheck> {
  if (!lossAndGradient) {
    throw new LabError("graph-unsupported-op", "This system gives no gradient.");
  }
  const { gradient } = await lossAndGradient(image);
  const size = Math.sqrt(image.length);
  const check = await checkGradient({
    loss: (x) => loss(x.data),
    gradient,
    x: floatTensor(image, [1, 1, size, size]),
    seed,
    coordinates: 2,
    directions: 2,
  });
  const { analytic, numeric, maxRelativeError, ok } = check;
  return { coordinates: analytic.length, maxRelativeError, ok, analytic, numeric };
}
