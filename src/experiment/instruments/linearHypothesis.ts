/**
 * How linear the system is along the sign of its gradient: Goodfellow et al. 2015 explain adversarial pictures by a loss that
 * grows by epsilon times the l1 norm of the gradient.
 */
import { l1Norm } from "../../tensor/norms.ts";
import { objectiveOf } from "../objectiveOf.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** A loss this far from its tangent, as a share of the tangent's own rise, is no longer called linear. */
const TOLERANCE = 0.25;

export const linearHypothesis = defineInstrument({
  id: "linearHypothesis",
  label: "How linear the model is",
  group: "robustness",
  help: "Moves every pixel by the same small amount in its worst direction and draws how the margin follows, beside the straight line that the gradient promises. Where the two part, one step of an attack no longer tells the whole story; it says nothing about pictures that differ in other ways.",
  source:
    "Goodfellow, Shlens & Szegedy 2015, Explaining and Harnessing Adversarial Examples (arXiv:1412.6572), section 3",
  params: {
    reach: {
      label: "Reach",
      unit: "/255",
      min: 0.5,
      max: 16,
      step: 0.5,
      default: 8,
      help: "Largest change of each pixel that is tried, in grey levels of 255.",
    },
    points: {
      label: "Points",
      unit: "",
      min: 5,
      max: 41,
      step: 1,
      default: 17,
      integer: true,
      help: "Pictures that the model is asked about, from untouched to the reach.",
    },
  },
  needs: ["system", "input", "clean"],
  async run({ system, input, clean }, { spec, params, context }) {
    const objective = objectiveOf(
      system,
      { kind: "untargeted" },
      { question: spec.question, clean },
    );
    const { loss, lossAndGradient } = system.evaluator(objective);
    if (!lossAndGradient) return obstructed("This system gives no gradient to walk along.");
    const { gradient, loss: atStart } = await lossAndGradient(input.image);
    const slope = l1Norm(gradient);
    if (slope === 0) {
      return obstructed(
        "The gradient is zero at this picture: there is no direction to walk along.",
      );
    }
    const { reach = 8, points = 17 } = params;
    const epsilons: number[] = [];
    const measured: number[] = [];
    for (let k = 0; k < points; k++) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      const level = (reach * k) / (points - 1);
      const moved = input.image.map((value, i) =>
        Math.min(1, Math.max(0, value + (level / 255) * Math.sign(gradient[i]!))),
      );
      epsilons.push(level);
      measured.push(await loss(moved));
    }
    const predicted = epsilons.map((level) => atStart + (level / 255) * slope);
    const end = epsilons.findIndex((_, k) => {
      const rise = predicted[k]! - atStart;
      return k > 0 && Math.abs(measured[k]! - predicted[k]!) > TOLERANCE * rise;
    });
    const linearUpTo = end < 0 ? reach : epsilons[Math.max(0, end - 1)]!;
    const flipAt = epsilons[measured.findIndex((value) => value > 0)] ?? NaN;
    const isAnswer = objective.kind === "answer";
    return resultOf({ epsilons, measured, predicted, slope, linearUpTo, flipAt, isAnswer, reach });
  },
});

interface Walk {
  readonly epsilons: readonly number[];
  readonly measured: readonly number[];
  readonly predicted: readonly number[];
  readonly slope: number;
  readonly linearUpTo: number;
  readonly flipAt: number;
  readonly isAnswer: boolean;
  readonly reach: number;
}

function resultOf(walk: Walk): InstrumentResult {
  const { epsilons, measured, predicted, slope, linearUpTo, flipAt, isAnswer, reach } = walk;
  const unit = isAnswer ? "logits" : "";
  const flips = isAnswer && Number.isFinite(flipAt);
  const x = Float64Array.from(epsilons);
  return {
    statement: `${
      linearUpTo > 0
        ? `The model follows its gradient up to a change of ${decimal(linearUpTo, 1)} grey levels of 255${
            linearUpTo < reach ? " and then leaves the straight line" : ", the whole reach"
          }.`
        : `The model has left the straight line of its gradient after ${decimal(epsilons[1]!, 1)} grey levels of 255, the shortest change tried.`
    }${flips ? ` One step along it flips the answer from ${decimal(flipAt, 1)} levels on.` : isAnswer ? " One step along it flips no answer within the reach." : ""}`,
    quantities: [
      {
        id: "slope",
        label: "Rise per full black-to-white change (l1 norm of the gradient)",
        value: slope,
        unit,
      },
      {
        id: "linearUpTo",
        label: "Linear up to",
        value: linearUpTo,
        unit: "/255",
        n: epsilons.length,
      },
      ...(isAnswer
        ? [
            {
              id: "flipAt",
              label: "One step flips at",
              value: flipAt,
              unit: "/255",
              n: epsilons.length,
              ...(flips ? {} : { note: "not within the reach" }),
            },
          ]
        : []),
    ],
    plots: [
      {
        kind: "lines",
        id: "margin",
        title: "Along the sign of the gradient",
        x: { label: "Change of each pixel", unit: "/255" },
        y: {
          label: isAnswer ? "Margin against the clean answer" : "1 − cosine of the embeddings",
          unit,
        },
        series: [
          { name: "measured", x, y: Float64Array.from(measured) },
          { name: "straight line", x, y: Float64Array.from(predicted) },
        ],
      },
    ],
  };
}
