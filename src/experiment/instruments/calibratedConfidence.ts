/** What a stated confidence is worth on phantoms whose truth is known: calibration, risk and coverage, answer sets. */
import { calibration } from "../../metrics/calibration.ts";
import { conformalSet, conformalThreshold } from "../../metrics/conformal.ts";
import { selectivePrediction } from "../../metrics/selectivePrediction.ts";
import {
  GUARANTEE_SOURCE,
  GUARANTEE_WORDS,
  guaranteedConfidence,
} from "../../metrics/guaranteedConfidence.ts";
import { proportion } from "../../metrics/proportion.ts";
import { randomStream } from "../../numerics/random.ts";
import { sampleFinding, sampleSpec } from "../../phantom/sample.ts";
import { FINDING_KINDS } from "../../phantom/spec.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import type { Understood } from "../../language/recognize.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { groundTruth } from "../groundTruth.ts";
import { modelInputOf } from "../source.ts";
import { recordRows } from "../recordRows.ts";
import { answersTo } from "./answersTo.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { proportionQuantity } from "./proportionQuantity.ts";
import { answersQuestions } from "./wordings.ts";
import { decimal } from "../../numerics/decimalText.ts";

const BINS = 10;

export const calibratedConfidence = defineInstrument({
  id: "calibratedConfidence",
  label: "What the confidence is worth",
  group: "certainty",
  help: "Asks your question about random phantoms whose truth is known, half of them with the finding, and compares the stated confidence with how often the answer is right. The set of answers it then gives for your picture holds the truth at the stated rate for cases like these phantoms, and for no others: not for real films, not under attack.",
  source: `Guo et al. 2017 (expected calibration error); ${GUARANTEE_SOURCE}; split conformal prediction (Vovk et al. 2005)`,
  params: {
    cases: {
      label: "Phantoms",
      unit: "",
      min: 20,
      max: 400,
      step: 10,
      default: 60,
      integer: true,
      help: "Each is drawn, encoded and asked once.",
    },
    errorRate: {
      label: "Answer sets may miss",
      unit: "share",
      min: 0.02,
      max: 0.4,
      step: 0.02,
      default: 0.1,
      help: "Rate at which the set of answers may miss the truth.",
    },
    maxRisk: {
      label: "Errors allowed",
      unit: "share",
      min: 0.02,
      max: 0.4,
      step: 0.02,
      default: 0.1,
      help: `Among answered cases; the confidence to answer from is fitted so that this holds with 95 % confidence. ${GUARANTEE_WORDS}`,
    },
  },
  needs: ["system", "clean", "readout"],
  obstacle: answersQuestions,
  async *run({ system, clean, readout }, { spec, params, seed, context }) {
    const { cases = 60, errorRate = 0.1, maxRisk = 0.1 } = params;
    const asked = recognizeQuestion(spec.question);
    const measured: Case[] = [];
    for (let k = 0; k < cases; k++) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield { progress: { done: k, total: cases, label: "Phantoms" } };
      const phantom = caseFor(asked, seed, k);
      const input = modelInputOf(
        { kind: "phantom", phantom },
        { kind: "file" },
        system.manifest.input,
        () => undefined,
      );
      const truth = groundTruth(spec.question, input.truth!)?.answer ?? null;
      if (truth === null) continue;
      const [answer] = await answersTo(system, input.image, [asked]);
      measured.push(caseOf(answer!, truth));
    }
    if (measured.length < 10) {
      return obstructed(
        `Only ${measured.length} of ${cases} phantoms have a true answer to this question: too few to compare with.`,
      );
    }
    recordRows(
      context,
      "instrument.calibratedConfidence.cases",
      measured.map(({ confidence, correct, score }) => [confidence, Number(correct), score]),
    );
    return resultOf(measured, {
      errorRate,
      maxRisk,
      clean: clean.answer!,
      disturbed: readout.answer!,
    });
  },
});

export interface Case {
  readonly confidence: number;
  readonly correct: boolean;
  /** 1 less the probability of the true answer. */
  readonly score: number;
}

function caseOf({ answer, probabilities }: AnswerResult, truth: string): Case {
  return {
    confidence: probabilities[answer] ?? 0,
    correct: answer === truth,
    score: 1 - (probabilities[truth] ?? 0),
  };
}

/** A random case; every other one is given the finding that is asked about, where phantoms have it. */
export function caseFor({ findingId }: Understood, seed: number, index: number): PhantomSpec {
  const drawn = randomStream(seed, "instrument", "calibration")
    .fork(`${index}`)
    .integer(2 ** 31);
  const sample = sampleSpec(drawn);
  const kind = FINDING_KINDS.find((each) => each === findingId);
  if (!kind) return sample;
  const others = (sample.findings ?? []).filter((finding) => finding.kind !== kind);
  return {
    ...sample,
    findings: index % 2 === 0 ? others : [...others, ...sampleFinding(kind, drawn)],
  };
}

function resultOf(
  cases: readonly Case[],
  given: {
    readonly errorRate: number;
    readonly maxRisk: number;
    readonly clean: AnswerResult;
    readonly disturbed: AnswerResult;
  },
): InstrumentResult {
  const { errorRate, maxRisk } = given;
  const n = cases.length;
  const { ece, brier, bins } = calibration(cases, BINS)!;
  const { risk, aurc, excessAurc } = selectivePrediction(cases)!;
  const right = proportion(cases.filter(({ correct }) => correct).length, n);
  const threshold = conformalThreshold(
    cases.map(({ score }) => score),
    errorRate,
  );
  const sets = [given.clean, given.disturbed].map(({ probabilities }) =>
    conformalSet(probabilities, threshold),
  );
  const shown = (set: readonly string[]) => (set.length === 0 ? "no answer" : set.join(" or "));
  const fitted = guaranteedConfidence(cases, maxRisk);
  const meanConfidence = cases.reduce((sum, { confidence }) => sum + confidence, 0) / n;
  const filled = bins.filter(({ count }) => count > 0);
  return {
    statement: `On ${n} phantoms the stated confidence is ${Math.round(100 * meanConfidence)} % and the answer is right in ${right.count} (${Math.round(100 * right.share)} %). A set that misses the truth at most ${Math.round(100 * errorRate)} % of the time on such cases is: ${shown(sets[0]!)} for the clean picture, ${shown(sets[1]!)} for the disturbed one.`,
    quantities: [
      proportionQuantity("accuracy", "Right", right),
      {
        id: "ece",
        label: `Expected calibration error, ${BINS} bins`,
        value: ece,
        unit: "share",
        n,
      },
      { id: "brier", label: "Brier score (0 is best)", value: brier, unit: "", n },
      { id: "aurc", label: "Area under risk and coverage", value: aurc, unit: "share", n },
      {
        id: "excessAurc",
        label: "Of it, above the best order of the same answers",
        value: excessAurc,
        unit: "share",
        n,
      },
      {
        id: "threshold",
        label: "A set takes answers from a probability of",
        value: Number.isFinite(threshold) ? 1 - threshold : 0,
        unit: "",
        n,
        ...(Number.isFinite(threshold)
          ? {}
          : { note: "too few cases for this rate: every answer is taken" }),
      },
      {
        id: "set.clean",
        label: "Answers in the set, clean picture",
        value: sets[0]!.length,
        unit: "",
      },
      {
        id: "set.disturbed",
        label: "Answers in the set, disturbed picture",
        value: sets[1]!.length,
        unit: "",
      },
      {
        id: "answerFrom",
        label: `Answer from this confidence for at most ${Math.round(100 * maxRisk)} % errors (95 % sure)`,
        value: fitted?.confidence ?? NaN,
        unit: "",
        n: fitted?.answered ?? 0,
        note: fitted
          ? `errors at most ${decimal(100 * fitted.riskUpper, 1)} % of the ${fitted.answered} answered`
          : "no confidence of these cases gives that",
      },
    ],
    plots: [
      {
        kind: "lines",
        id: "reliability",
        title: "Right against confident (the diagonal is honest)",
        x: { label: "Stated confidence", unit: "" },
        y: { label: "Share right", unit: "" },
        series: [
          {
            name: "measured",
            x: Float64Array.from(filled, ({ confidence }) => confidence),
            y: Float64Array.from(filled, ({ accuracy }) => accuracy),
            mode: "points",
          },
          { name: "honest", x: Float64Array.of(0, 1), y: Float64Array.of(0, 1) },
        ],
      },
      {
        kind: "lines",
        id: "riskCoverage",
        title: "Errors among the most confident answers",
        x: { label: "Share of cases answered", unit: "" },
        y: { label: "Share wrong among them", unit: "" },
        series: [
          {
            name: "risk",
            x: Float64Array.from(risk, (_, k) => (k + 1) / n),
            y: Float64Array.from(risk),
          },
        ],
      },
    ],
  };
}
