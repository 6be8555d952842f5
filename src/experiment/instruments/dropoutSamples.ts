/** Monte Carlo dropout by editing the graph: the same picture read by a model with random parts of its blocks missing. */
import { recognizeQuestion } from "../../language/recognize.ts";
import { decodeAnswer } from "../../language/answer.ts";
import { uncertainty } from "../../metrics/uncertainty.ts";
import type { Uncertainty } from "../../metrics/uncertainty.ts";
import { answerSpaceOf } from "../../system/answerSpace.ts";
import { innerModelOf } from "../../system/innerModelOf.ts";
import { BARE, noInside, orObstacle, promptOf } from "../insideOf.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult, Quantity } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** One picture's samples: probabilities of each answer, [samples][answers]. */
type Samples = readonly (readonly number[])[];

export const dropoutSamples = defineInstrument({
  id: "dropoutSamples",
  label: "Monte Carlo dropout",
  group: "certainty",
  help: "Asks the question several times while random parts of what each block adds are set to zero, and reports how much the answers differ. The shipped model has no dropout left: it was put into the exported graph for this measurement, so the spread says how fragile the reading is and is no calibrated probability of error.",
  source:
    "Gal & Ghahramani 2016, Dropout as a Bayesian Approximation (arXiv:1506.02142); mutual information: Houlsby et al. 2011 (arXiv:1112.5745)",
  params: {
    rate: {
      label: "Dropout rate",
      unit: "",
      min: 0,
      max: 0.5,
      step: 0.01,
      default: 0.1,
      help: "Chance that a number which a block adds to the stream is set to zero; the others are enlarged, so that the mean stays. 0 leaves the model as it is.",
    },
    samples: {
      label: "Samples",
      unit: "a picture",
      min: 2,
      max: 100,
      step: 1,
      default: 10,
      integer: true,
      help: "Passes for each of the two pictures, each with other parts missing.",
    },
  },
  needs: ["model", "input", "disturbed"],
  obstacle: ({ model }) => noInside(model),
  async *run({ model, input, disturbed }, { spec, params, seed, context }) {
    const inner = innerModelOf(model);
    if (!inner) return undefined;
    const question = recognizeQuestion(spec.question);
    const { answers, tokenIds } = answerSpaceOf(model.manifest, question);
    const promptIds = promptOf(model, spec.question);
    const { rate = 0.1, samples = 10 } = params;
    const isSame = disturbed.image === input.image;
    const pictures = isSame ? [input.image] : [input.image, disturbed.image];
    const found: number[][][] = [];
    for (const [k, image] of pictures.entries()) {
      const members: number[][] = [];
      for (let sample = 0; sample < samples; sample++) {
        const total = pictures.length * samples;
        yield { progress: { done: k * samples + sample, total, label: "Dropout samples" } };
        await context.yieldToHost();
        if (context.signal.aborted) return undefined;
        const dropout = { rate, seed, sample };
        const run = await orObstacle(() => inner.innerRun({ image, promptIds, dropout }));
        if (typeof run === "string") return { statement: run, quantities: [], obstacle: run };
        const { probabilities } = decodeAnswer(run.logits, answers, tokenIds, question.polarity);
        members.push(answers.map((answer) => probabilities[answer]!));
      }
      found.push(members);
      recordRows(context, `instrument.dropoutSamples.${k === 0 ? "clean" : "disturbed"}`, members);
    }
    return resultOf(answers, found, rate);
  },
});

function resultOf(
  answers: readonly string[],
  found: readonly Samples[],
  rate: number,
): InstrumentResult {
  const names = ["clean", "disturbed"] as const;
  const spreads = found.map((samples) => uncertainty(samples)!);
  const sentences = spreads.map((spread, k) =>
    sentenceOf(names[k]!, answers, spread, found[k]!.length),
  );
  return {
    statement: `${sentences.join(" ")} Dropout (rate ${rate}) was put into the graph for this. ${BARE}`,
    quantities: spreads.flatMap((spread, k) =>
      quantitiesOf(names[k]!, answers, spread, found[k]!.length),
    ),
    plots: [
      {
        kind: "lines",
        id: "samples",
        title: "Samples",
        x: { label: "Sample", unit: "" },
        y: { label: `Probability of "${answers[0]!}"`, unit: "" },
        series: found.map((samples, k) => ({
          name: names[k]!,
          mode: "points",
          x: Float64Array.from(samples, (_, i) => i + 1),
          y: Float64Array.from(samples, (member) => member[0]!),
        })),
      },
    ],
  };
}

function topOf({ mean }: Uncertainty): number {
  return mean.indexOf(Math.max(...mean));
}

function sentenceOf(
  name: string,
  answers: readonly string[],
  spread: Uncertainty,
  samples: number,
): string {
  const top = topOf(spread);
  const against = Math.round(spread.dissent * samples);
  return `The ${name} picture is read as "${answers[top]!}" with ${decimal(100 * spread.mean[top]!, 0)} % on average, and ${against} of ${samples} samples say something else.`;
}

function quantitiesOf(
  name: string,
  answers: readonly string[],
  spread: Uncertainty,
  n: number,
): readonly Quantity[] {
  const top = topOf(spread);
  const quantity = (id: string, label: string, value: number, unit: string): Quantity => ({
    id: `${id}.${name}`,
    label: `${label}, ${name}`,
    value,
    unit,
    n,
  });
  return [
    quantity("mean", `Mean probability of "${answers[top]!}"`, spread.mean[top]!, ""),
    quantity("variance", "Variance of that probability", spread.variance[top]!, ""),
    quantity("entropy", "Entropy of the mean answer", spread.total, "nats"),
    quantity(
      "information",
      "Mutual information: what the samples disagree on",
      spread.disagreementNats,
      "nats",
    ),
    quantity("dissent", "Samples that say something else", spread.dissent, "share"),
  ];
}
