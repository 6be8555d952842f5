import { cellSums } from "../../explanations/cells.ts";
import { attributions, onPath, pathPositions } from "../../explanations/integratedGradients.ts";
import { substrateImage } from "../../metrics/deletionInsertion.ts";
import type { Explainer, Explanation } from "./explainer.ts";
import { marginObjective } from "./score.ts";
import { SUBSTRATES, substrateParam } from "./substrates.ts";

/** Pixels along each side of a cell: single pixels' attributions flicker more than an eye can read. */
const CELL = 4;

export const integratedGradients: Explainer = {
  id: "integratedGradients",
  label: "Integrated gradients",
  how: "adds up the gradient on the way from a baseline to the picture",
  source:
    "Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks (arXiv:1703.01365), equation 1, midpoint rule",
  unit: "logits per cell",
  params: {
    steps: {
      label: "Steps",
      unit: "gradient passes a picture",
      min: 4,
      max: 64,
      step: 1,
      default: 16,
      integer: true,
      help: "Points on the way from the baseline to the picture. More steps bring the sum of the map closer to the change of the margin.",
    },
    baseline: substrateParam(
      "Where the way begins: what is the same in baseline and picture gets no attribution.",
    ),
  },
  obstacle: ({ system }) =>
    system.gradient === "exact"
      ? undefined
      : "A defense without an exact gradient stands in front of the model, and integrated gradients need one.",
  async *explain(subject, { params, context }) {
    const { image, size, system } = subject;
    const { steps = 16, baseline: choice = 1 } = params;
    const baseline = substrateImage(image, size, size, SUBSTRATES[choice]!);
    const { loss, lossAndGradient } = system.evaluator(marginObjective(subject));
    if (!lossAndGradient) return undefined;
    const mean = new Float64Array(image.length);
    for (const [k, at] of pathPositions(steps).entries()) {
      yield { done: k, total: steps };
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      const { gradient } = await lossAndGradient(onPath(image, baseline, at));
      for (let i = 0; i < mean.length; i++) mean[i]! += gradient[i]! / steps;
    }
    const perPixel = attributions(image, baseline, mean);
    const whole = (await loss(image)) - (await loss(baseline));
    return summed(perPixel, size, whole);
  },
};

function summed(perPixel: Float32Array, size: number, whole: number): Explanation {
  const cells = Math.ceil(size / CELL);
  const sum = perPixel.reduce((a, b) => a + b, 0);
  return {
    grid: [cells, cells],
    values: cellSums(perPixel, size, [cells, cells]),
    incompleteness: Math.abs(sum - whole) / Math.max(Math.abs(whole), 1e-9),
  };
}
