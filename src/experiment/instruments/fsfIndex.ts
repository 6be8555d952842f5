/** Flips during which the map of what the answer hangs on stayed the same: the explanation does not explain them. */
import { LabError } from "../../errors/labError.ts";
import { compareMaps } from "../../explanations/mapComparison.ts";
import { pearson } from "../../image/pearson.ts";
import { grayImage } from "../../image/grayImage.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { fsfIndex as indexOf } from "../../metrics/fsfIndex.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { explained } from "../objectiveOf.ts";
import { presenceQuestions } from "./blankImage.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { answersQuestions, wordingsOf } from "./wordings.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Maps of different questions are this rarely more alike than the calibrated threshold. */
const QUANTILE = 0.95;

export const fsfIndex = defineInstrument({
  id: "fsfIndex",
  label: "Flips with an unmoved map (FSF)",
  group: "language",
  help: "Among pairs of wordings that get different answers, counts those whose maps of what the answer hangs on are more alike than a threshold. A high share says that the map can't tell why the answer changed; it says nothing where no wording flips.",
  source:
    "FSF index of the project's source on paraphrase robustness, on gradient x attention of each wording's own margin; SSIM of Wang et al. 2004 on the token grid, 7-tap Gaussian, maps stretched from 0 to 1",
  params: {
    tau: {
      label: "Same map above (tau)",
      unit: "SSIM",
      min: 0,
      max: 1,
      step: 0.01,
      default: 0.85,
      help: "Maps more alike than this count as the same. The calibrated value, which 5 % of pairs of different questions exceed, stands beside the result.",
    },
    wordings: {
      label: "Wordings",
      unit: "",
      min: 2,
      max: 16,
      step: 1,
      default: 7,
      integer: true,
      help: "Equivalents beside the reader's own wording; each costs one gradient pass.",
    },
    questions: {
      label: "Different questions",
      unit: "",
      min: 3,
      max: 12,
      step: 1,
      default: 6,
      integer: true,
      help: "Questions about other findings, whose maps say how alike unrelated maps are.",
    },
  },
  needs: ["system", "input"],
  obstacle: answersQuestions,
  async *run({ system, input }, { spec, params, context }) {
    const { tau = 0.85, wordings: count = 7, questions = 6 } = params;
    const { asked, equivalents } = wordingsOf(spec.question, count);
    const same = [asked, ...equivalents.map(({ question }) => question)];
    const others = presenceQuestions(system)
      .filter(({ findingId }) => findingId !== asked.findingId)
      .slice(0, questions);
    const all: readonly ExpandedQuestion[] = [...same, ...others];
    const { answers, grid } = await system.read(input.image, all);
    const maps: Float32Array[] = [];
    for (const [k, { text }] of all.entries()) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield { progress: { done: k, total: all.length, label: "Maps" } };
      try {
        maps.push(await system.relevance(input.image, explained(system, text, answers[k]!)));
      } catch (error) {
        if (!(error instanceof LabError) || error.code !== "graph-unsupported-op") throw error;
        return obstructed(error.message);
      }
    }
    recordRows(context, "instrument.fsfIndex.maps", maps);
    return resultOf({ answers, maps, grid, same: same.length, tau });
  },
});

interface Mapped {
  /** Of the wordings, then of the different questions. */
  readonly answers: readonly AnswerResult[];
  readonly maps: readonly Float32Array[];
  readonly grid: readonly [number, number];
  /** How many of them are wordings of one question. */
  readonly same: number;
  readonly tau: number;
}

/** The value that a share `quantile` of the values does not exceed, by rank. NaN of none. */
export function quantileOf(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length - 1e-9) - 1)] ?? NaN;
}

function resultOf({ answers, maps, grid, same, tau }: Mapped): InstrumentResult {
  const image = (k: number) => grayImage(maps[k]!, grid[0], grid[1]);
  const alike = new Map<string, { readonly ssim: number; readonly jsd: number }>();
  const between = (i: number, j: number) => {
    const key = `${Math.min(i, j)} ${Math.max(i, j)}`;
    const known = alike.get(key) ?? compareMaps(image(i), image(j));
    alike.set(key, known);
    return known;
  };
  const within: number[] = [];
  const unrelated: number[] = [];
  for (let i = 0; i < maps.length; i++) {
    for (let j = i + 1; j < maps.length; j++) {
      const { ssim } = between(i, j);
      if (j < same) within.push(ssim);
      // Wordings of one question against each of the others would count that question many times.
      else if (i === 0 || i >= same) unrelated.push(ssim);
    }
  }
  const corrected = answers.slice(0, same).map((answer) => answer.corrected);
  const similarity = (i: number, j: number) => between(i, j).ssim;
  const calibrated = quantileOf(unrelated, QUANTILE);
  const found = indexOf(corrected, similarity, tau);
  const atCalibrated = indexOf(corrected, similarity, calibrated);
  const taus = Float64Array.from({ length: 51 }, (_, k) => k / 50);
  const share = (index: number | null) => index ?? NaN;
  const questions = answers.slice(0, same).map(({ question }) => question);
  const none = "no wording flips, so there is nothing to judge";
  return {
    statement:
      found.index === null
        ? `No two of ${same} wordings get different answers, so there is no flip to explain.`
        : `${found.pairs.filter(({ isStable }) => isStable).length} of ${found.flips} pairs with different answers have maps more alike than ${decimal(tau, 2)}. By the calibrated threshold, ${decimal(calibrated, 2)}, it is ${atCalibrated.pairs.filter(({ isStable }) => isStable).length} of ${found.flips}.`,
    quantities: [
      {
        id: "fsf",
        label: `FSF index at tau ${decimal(tau, 2)}`,
        value: share(found.index),
        unit: "share",
        n: found.flips,
        ...(found.index === null ? { note: none } : {}),
      },
      {
        id: "fsfCalibrated",
        label: "FSF index at the calibrated tau",
        value: share(atCalibrated.index),
        unit: "share",
        n: found.flips,
        ...(found.index === null ? { note: none } : {}),
      },
      {
        id: "tauCalibrated",
        label: `Calibrated tau (${100 * QUANTILE} % of pairs of different questions lie below)`,
        value: calibrated,
        unit: "SSIM",
        n: unrelated.length,
      },
      {
        id: "flips",
        label: "Pairs with different answers",
        value: found.flips,
        unit: "",
        n: within.length,
      },
    ],
    plots: [
      {
        kind: "heat",
        id: "similarity",
        title: "How alike the maps of two wordings are",
        rows: questions,
        columns: questions,
        values: Float64Array.from(
          questions.flatMap((_, i) => questions.map((__, j) => (i === j ? 1 : similarity(i, j)))),
        ),
        unit: "SSIM",
      },
      {
        kind: "lines",
        id: "histogram",
        title: "Likeness of maps: one question against different ones",
        x: { label: "SSIM of two maps", unit: "" },
        y: { label: "Share of pairs", unit: "" },
        series: [
          histogram("wordings of one question", within),
          histogram("different questions", unrelated),
        ],
      },
      {
        kind: "lines",
        id: "byTau",
        title: "FSF index by threshold",
        x: { label: "tau", unit: "SSIM" },
        y: { label: "FSF index", unit: "share" },
        series: [
          {
            name: "FSF",
            x: taus,
            y: taus.map((each) => share(indexOf(corrected, similarity, each).index)),
          },
        ],
      },
    ],
    maps: [
      {
        id: "asked",
        label: "What your wording's answer hangs on",
        grid,
        data: maps[0]!,
        unit: "share",
        picture: "clean",
      },
    ],
    tables: [
      {
        id: "pairs",
        title: "Pairs with different answers",
        columns: ["One wording", "Another", "SSIM", "JSD (bits)", "Pearson", "Same map"],
        rows: found.pairs.map(({ i, j, similarity: ssim, isStable }) => [
          `${questions[i]} (${corrected[i]})`,
          `${questions[j]} (${corrected[j]})`,
          ssim,
          between(i, j).jsd,
          pearson(maps[i]!, maps[j]!),
          isStable ? "yes" : "no",
        ]),
      },
    ],
  };
}

const BINS = 20;

/** Shares of values in twenty equal parts of [-1, 1] that hold any. */
function histogram(name: string, values: readonly number[]) {
  const counts = new Float64Array(2 * BINS);
  for (const value of values) {
    const bin = Math.floor((value + 1) * BINS);
    counts[Math.max(0, Math.min(counts.length - 1, bin))]! += 1 / values.length;
  }
  const first = counts.findIndex((count) => count > 0);
  const from = Math.max(0, first);
  return {
    name,
    x: Float64Array.from(counts.slice(from), (_, k) => (from + k + 0.5) / BINS - 1),
    y: counts.slice(from),
    mode: "bars" as const,
  };
}
