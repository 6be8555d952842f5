/** Sets of answers that hold the truth at a stated rate although somebody changed the picture, within a size. */
import { alphaForBound, noisyBatches } from "../../certificates/sampler.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { entersAt, reachable, smoothedScore } from "../../certificates/smoothedConformal.ts";
import type { SmoothedScore } from "../../certificates/smoothedConformal.ts";
import { conformalThreshold } from "../../metrics/conformal.ts";
import type { System } from "../../system/system.ts";
import { answerSpaceOf } from "../../system/answerSpace.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { groundTruth } from "../groundTruth.ts";
import { PARAMS } from "../params.ts";
import { modelInputOf } from "../source.ts";
import { caseFor } from "./calibratedConfidence.ts";
import { answersTo } from "./answersTo.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentScope } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { answersQuestions } from "./wordings.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Error rate of each of the two bounds of a picture's own average; the sets pay for both. */
const BETA = 0.01;

export const smoothedSets = defineInstrument({
  id: "smoothedSets",
  label: "Answer sets that hold under attack",
  group: "certainty",
  help: "Averages each answer's probability over noisy copies, on random phantoms whose truth is known and on your picture, and gives the set of answers that holds the truth at the stated rate although the picture was changed, by any change up to the stated size. It holds for cases like these phantoms and no others; a set of all answers says nothing, and is what a model gets that noise confuses.",
  source:
    "Gendler et al. 2022, Adversarially Robust Conformal Prediction (ICLR); the finite number of draws as Yan, Romano & Weng 2024 (arXiv:2404.19651), with the betting bound of src/certificates/gridBet.ts",
  params: {
    cases: {
      label: "Phantoms",
      unit: "",
      min: 20,
      max: 200,
      step: 10,
      default: 30,
      integer: true,
      help: "Each is drawn, and each of its noisy copies encoded and asked once.",
    },
    copies: {
      label: "Noisy copies",
      unit: "",
      min: 8,
      max: 200,
      step: 4,
      default: 24,
      integer: true,
      help: "Of every phantom and of your picture. Fewer make wider sets, never wrong ones.",
    },
    errorRate: {
      label: "Answer sets may miss",
      unit: "share",
      min: 0.06,
      max: 0.4,
      step: 0.02,
      default: 0.1,
      help: "Rate at which the set may miss the truth; two per cent of it pay for the finite number of copies.",
    },
    radius: {
      label: "Size of the change",
      unit: "l2",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.05,
      help: "Up to which l2 size of a change the sets hold: the root of the sum of all squared pixel changes, with black 0 and white 1.",
    },
    sigma: PARAMS["certificate.sigma"],
  },
  needs: ["system", "input", "disturbed", "metrics"],
  obstacle: answersQuestions,
  async *run({ system, input, disturbed, metrics }, scope) {
    const { spec, params, seed, context } = scope;
    const { cases = 30, errorRate = 0.1, radius = 0.05, sigma = 0.1 } = params;
    const question = recognizeQuestion(spec.question);
    const { answers } = answerSpaceOf(system.manifest, question);
    const scores = (image: Float32Array, drawSeed: number) =>
      scoresOf({ system, image, question, answers }, drawSeed, scope);
    yield { progress: { done: 0, total: cases, label: "Your picture under noise" } };
    const clean = await scores(input.image, seed);
    const isMoved = disturbed.image.some((value, i) => value !== input.image[i]);
    const moved = clean && (isMoved ? await scores(disturbed.image, seed) : clean);
    if (!clean || !moved) return undefined;
    const needed = Math.ceil(1 / (errorRate - 2 * BETA)) - 1;
    const upper: number[] = [];
    const sets = () =>
      resultOf(
        {
          answers,
          clean,
          moved,
          threshold: conformalThreshold(upper, errorRate - 2 * BETA),
          n: upper.length,
        },
        { errorRate, radius, sigma, size: metrics.l2 },
      );
    for (let k = 0; k < cases; k++) {
      yield { progress: { done: k, total: cases, label: "Phantoms under noise" } };
      const phantom = caseFor(question, seed, k);
      const { image, truth } = modelInputOf(
        { kind: "phantom", phantom },
        { kind: "file" },
        system.manifest.input,
        () => undefined,
      );
      const right = groundTruth(spec.question, truth!)?.answer ?? null;
      if (right === null) continue;
      const made = await scores(image, 1000 * seed + k + 1);
      if (!made) return undefined;
      upper.push(made[right]?.upper ?? 1);
      // Sets from fewer phantoms hold too, each by itself; those from all of them stand at the end.
      if (upper.length >= needed && (upper.length - needed) % 6 === 0 && k + 1 < cases)
        yield { partial: sets() };
    }
    if (upper.length < needed) {
      return obstructed(
        `${upper.length} phantoms have a true answer to this question, and ${needed} are needed for sets that miss at most ${Math.round(100 * errorRate)} %.`,
      );
    }
    context.record?.(
      "instrument.smoothedSets.upperScores",
      floatTensor(Float32Array.from(upper), [upper.length]),
    );
    return sets();
  },
});

interface Asked {
  readonly system: System;
  readonly image: Float32Array;
  readonly question: ExpandedQuestion;
  readonly answers: readonly string[];
}

type Scores = Readonly<Record<string, SmoothedScore>>;

/** Bounds of each answer's score, from noisy copies of one picture; undefined where the signal stopped it. */
async function scoresOf(
  { system, image, question, answers }: Asked,
  seed: number,
  { params, context }: InstrumentScope,
): Promise<Scores | undefined> {
  const { copies = 24, sigma = 0.1 } = params;
  const options = { sigma, seed, maxSamples: copies, batch: 1 };
  const beta = alphaForBound({ ...options, alpha: BETA }, image.length);
  const draws = new Map(answers.map((answer) => [answer, [] as number[]]));
  for await (const [noisy] of noisyBatches(image, options, context)) {
    const [said] = await answersTo(system, noisy!, [question]);
    for (const [answer, list] of draws) list.push(1 - (said!.probabilities[answer] ?? 0));
  }
  if (context.signal.aborted) return undefined;
  return Object.fromEntries(
    [...draws].map(([answer, list]) => [answer, smoothedScore(list, beta)]),
  );
}

interface Found {
  readonly answers: readonly string[];
  readonly clean: Scores;
  readonly moved: Scores;
  readonly threshold: number;
  readonly n: number;
}

function resultOf(
  { answers, clean, moved, threshold, n }: Found,
  about: {
    readonly errorRate: number;
    readonly radius: number;
    readonly sigma: number;
    readonly size: number;
  },
): InstrumentResult {
  const { errorRate, radius, sigma, size } = about;
  const limit = reachable(threshold, radius / sigma);
  const setOf = (scores: Scores) => answers.filter((answer) => scores[answer]!.lower <= limit);
  const sets = [setOf(clean), setOf(moved)] as const;
  const words = (set: readonly string[]) =>
    set.length === answers.length
      ? "every answer, which says nothing"
      : set.length === 0
        ? "no answer"
        : set.join(" or ");
  const percent = Math.round(100 * errorRate);
  return {
    statement: `If somebody changed the picture by at most l2 ${radius}, the set that misses the truth at most ${percent} % of the time on cases like these ${n} phantoms is: ${words(sets[0])} for the clean picture, ${words(sets[1])} for the disturbed one. ${
      size <= radius
        ? `Your disturbances change it by l2 ${decimal(size, 3)}, so this holds for them.`
        : `Your disturbances change it by l2 ${decimal(size, 3)}, more than that: nothing is promised about them.`
    }`,
    quantities: [
      {
        id: "set.clean",
        label: "Answers in the set, clean picture",
        value: sets[0].length,
        unit: "",
        n: answers.length,
      },
      {
        id: "set.disturbed",
        label: "Answers in the set, disturbed picture",
        value: sets[1].length,
        unit: "",
        n: answers.length,
      },
      {
        id: "threshold",
        label: "Largest average of 1 − probability in the set, no change",
        value: Number.isFinite(threshold) ? threshold : 1,
        unit: "",
        n,
      },
      {
        id: "limit",
        label: "Largest average of 1 − probability in the set, for a change of that size",
        value: limit,
        unit: "",
        n,
      },
      { id: "size", label: "Size of your disturbances", value: size, unit: "l2" },
    ],
    tables: [
      {
        id: "answers",
        title: "From which size of a change each answer joins the set",
        columns: ["Answer", "Clean picture, l2", "Disturbed picture, l2"],
        rows: answers.map((answer) => [
          answer,
          sigma * entersAt(clean[answer]!, threshold),
          sigma * entersAt(moved[answer]!, threshold),
        ]),
      },
    ],
  };
}
