/** Certificates of the answer itself, from answers on noisy copies: by vote, by mean margin and by median margin. */
import { answerVote } from "../../certificates/answerVote.ts";
import { medianMarginBound, medianMarginRadius } from "../../certificates/medianMargin.ts";
import { alphaForBound } from "../../certificates/sampler.ts";
import { smoothedMargin } from "../../certificates/smoothedMargin.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { PARAMS } from "../params.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult, Quantity } from "./instrumentResult.ts";
import { noisyAnswers } from "./noisyAnswers.ts";
import { answersQuestions, wordingsOf } from "./wordings.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Margins count up to this many logits: one far draw must not carry the mean. */
const LIMIT = 8;
const CURVE_POINTS = 41;

export const answerCertificate = defineInstrument({
  id: "answerCertificate",
  label: "Certificate of the answer",
  group: "certainty",
  help: "Asks about many noisy copies of the clean picture and proves that the answer most of them get stays the same for every change of the picture up to an l2 size. It is a statement about the answer under noise, which a single look at the picture need not give, and says nothing about patches, rotations or larger changes.",
  source:
    "Vote: Cohen, Rosenfeld & Kolter 2019; mean margin: Salman et al. 2019, with an anytime-valid bound (Waudby-Smith & Ramdas 2024); median margin: Chiang et al. 2020",
  params: {
    sigma: { ...PARAMS["certificate.sigma"] },
    samples: {
      label: "Noisy copies",
      unit: "",
      min: 50,
      max: 2000,
      step: 50,
      default: 200,
      integer: true,
      help: "The vote and the mean margin are valid at every count; the median margin at this count alone.",
    },
    alpha: { ...PARAMS["certificate.alpha"] },
    wordings: {
      label: "Other wordings",
      unit: "",
      min: 0,
      max: 12,
      step: 1,
      default: 5,
      integer: true,
      help: "Certified together with yours from the same copies: each takes its share of alpha.",
    },
  },
  needs: ["system", "input"],
  obstacle: answersQuestions,
  async *run({ system, input }, scope) {
    const { spec, params, seed, context, keyOf } = scope;
    const { sigma = 0.1, samples = 200, alpha = 0.001, wordings = 5 } = params;
    const { asked, equivalents } = wordingsOf(spec.question, wordings);
    const questions = [asked, ...equivalents.map(({ question }) => question)];
    const options = { sigma, alpha, maxSamples: samples, batch: 1, seed };
    const left = alphaForBound(options, input.image.length);
    // Fixed before the draws: what each wording is told about the clean picture.
    const { answers: fixed } = await system.read(input.image, questions);
    const state = startOf(fixed, { sigma, alpha: left, seed });
    const subject = {
      system,
      image: input.image,
      questions,
      key: [keyOf("input"), keyOf("system")],
    };
    let sent = 0;
    for await (const answers of noisyAnswers(subject, { sigma, seed, count: samples }, scope)) {
      add(state, answers);
      const n = state.rows.length;
      yield { progress: { done: n, total: samples, label: "Noisy copies" } };
      if (n < samples && n >= 1.5 * sent + 10) {
        sent = n;
        yield { partial: resultOf(state, samples) };
      }
    }
    if (context.signal.aborted) return undefined;
    const names = state.words;
    context.record?.(
      "instrument.answerCertificate.logProbabilities",
      floatTensor(
        Float32Array.from(state.rows.flatMap((row) => names.map((word) => logOf(row[0]!, word)))),
        [state.rows.length, names.length],
      ),
    );
    context.record?.(
      "instrument.answerCertificate.votes",
      floatTensor(
        Float32Array.from(
          state.rows.flatMap((row) =>
            row.map((draw, k) => Number(draw.answer === fixed[k]!.answer)),
          ),
        ),
        [state.rows.length, questions.length],
      ),
    );
    return resultOf(state, samples);
  },
});

interface Settings {
  readonly sigma: number;
  /** Left for the bounds. */
  readonly alpha: number;
  readonly seed: number;
}

interface State extends Settings {
  /** About the clean picture, the asked wording first. */
  readonly fixed: readonly AnswerResult[];
  readonly words: readonly string[];
  /** The asked wording alone. */
  readonly vote: ReturnType<typeof answerVote>;
  /** Each wording at its share of alpha. */
  readonly joint: readonly ReturnType<typeof answerVote>[];
  /** Against each other answer of the space. */
  readonly margins: readonly {
    readonly against: string;
    readonly bound: ReturnType<typeof smoothedMargin>;
  }[];
  readonly rows: (readonly AnswerResult[])[];
  readonly history: { readonly n: number; readonly radius: number; readonly joint: number }[];
}

function startOf(fixed: readonly AnswerResult[], settings: Settings): State {
  const { alpha } = settings;
  const first = fixed[0]!;
  const words = Object.keys(first.probabilities);
  const others = words.filter((word) => word !== first.answer);
  const share = (parts: number) => ({ ...settings, alpha: alpha / parts });
  return {
    ...settings,
    fixed,
    words,
    vote: answerVote(first.answer, settings),
    joint: fixed.map(({ answer }) => answerVote(answer, share(fixed.length))),
    margins: others.map((against) => ({
      against,
      bound: smoothedMargin({ ...share(others.length), limit: LIMIT }),
    })),
    rows: [],
    history: [],
  };
}

/** Log-probability within the answer space: differences of two are differences of their logits. */
function logOf({ probabilities }: AnswerResult, word: string): number {
  return Math.log(Math.max(1e-30, probabilities[word] ?? 0));
}

function marginAgainst(first: AnswerResult, draw: AnswerResult, against: string): number {
  return logOf(draw, first.answer) - logOf(draw, against);
}

function add(state: State, answers: readonly AnswerResult[]): void {
  const { fixed, vote, joint, margins, rows, history } = state;
  const first = fixed[0]!;
  const agrees = answers.map(({ answer }, k) => answer === fixed[k]!.answer);
  vote.add(agrees[0]!);
  joint.forEach((each, k) => each.add(agrees[k]!));
  for (const { against, bound } of margins) bound.add(marginAgainst(first, answers[0]!, against));
  rows.push(answers);
  const n = rows.length;
  if (n <= 20 || n % 10 === 0) {
    const jointRadius = Math.min(...joint.map((each) => each.certificate().radius));
    history.push({ n, radius: vote.certificate().radius, joint: jointRadius });
  }
}

function resultOf(state: State, samples: number): InstrumentResult {
  const { fixed, sigma, alpha, vote, joint, margins, rows, history } = state;
  const first = fixed[0]!;
  const n = rows.length;
  const certified = vote.certificate();
  const together = joint.map((each) => each.certificate());
  const jointRadius = Math.min(...together.map(({ radius }) => radius));
  const byMean = margins.map(({ against, bound }) => {
    // Smoothed margins are of the first answer: "yes" stands for it.
    const { radius, answer } = bound.certificate();
    return { against, bound, radius: answer === "yes" ? radius : 0 };
  });
  const meanRadius = Math.min(...byMean.map(({ radius }) => radius));
  const isWhole = n === samples;
  const medianRadius = Math.min(
    ...byMean.map(({ against }) =>
      medianMarginRadius(
        rows.map(([draw]) => marginAgainst(first, draw!, against)),
        { sigma, alpha: alpha / byMean.length },
      ),
    ),
  );
  const level = 1 - alpha;
  const radius = (id: string, label: string, value: number, note?: string): Quantity => ({
    id,
    label,
    value,
    unit: "l2",
    n,
    ...(note === undefined ? {} : { note }),
  });
  const abstains = certified.status === "abstained";
  return {
    statement: abstains
      ? `"${first.answer}" is not proven to be what most noisy copies are told, so nothing is certified: ${Math.round(100 * certified.share)} % of ${n} copies say it.`
      : `With ${decimal(100 * level, 1)} % confidence no change up to l2 ${decimal(certified.radius, 3)} turns what most noisy copies are told, "${first.answer}"; ${jointRadius > 0 ? `up to ${decimal(jointRadius, 3)} no answer to any of ${joint.length} wordings is turned` : `for all ${joint.length} wordings at once nothing is proven`}.`,
    quantities: [
      radius(
        "radius",
        "Certified by vote, your wording",
        certified.radius,
        abstains ? "abstains" : undefined,
      ),
      radius("joint", `Certified by vote, all ${joint.length} wordings at once`, jointRadius),
      radius(
        "meanMargin",
        "Certified by the mean margin",
        meanRadius,
        `margins cut at ${LIMIT} logits`,
      ),
      radius(
        "medianMargin",
        "Certified by the median margin",
        isWhole ? medianRadius : NaN,
        isWhole ? "valid at this count alone" : "only when all copies are in",
      ),
      {
        id: "share",
        label: "Copies with the clean answer",
        value: certified.share,
        unit: "share",
        interval: { low: certified.shareLower, high: 1, level },
        n,
      },
    ],
    plots: [
      {
        kind: "lines",
        id: "history",
        title: "Certified radius as copies come in",
        x: { label: "Noisy copies", unit: "" },
        y: { label: "Certified radius", unit: "l2" },
        series: [
          {
            name: "your wording",
            x: Float64Array.from(history, (h) => h.n),
            y: Float64Array.from(history, (h) => h.radius),
          },
          {
            name: "all wordings",
            x: Float64Array.from(history, (h) => h.n),
            y: Float64Array.from(history, (h) => h.joint),
          },
        ],
      },
      envelopeOf(byMean[0]!, sigma),
      ...(isWhole
        ? [
            medianPlot(
              rows.map(([draw]) => marginAgainst(first, draw!, byMean[0]!.against)),
              byMean[0]!.against,
              { sigma, alpha: alpha / byMean.length },
            ),
          ]
        : []),
    ],
    tables: [
      {
        id: "wordings",
        title: `Each wording at alpha / ${joint.length}`,
        columns: ["Wording", "Clean answer", "Copies that agree", "At least", "Radius (l2)"],
        rows: together.map(({ share, shareLower, radius: own }, k) => [
          fixed[k]!.question,
          fixed[k]!.answer,
          share,
          shareLower,
          own,
        ]),
      },
    ],
  };
}

/** Between what the mean margin, mapped to 0..1, must lie at each distance. */
function envelopeOf(
  {
    against,
    bound,
  }: { readonly against: string; readonly bound: ReturnType<typeof smoothedMargin> },
  sigma: number,
) {
  const x = Float64Array.from(
    { length: CURVE_POINTS },
    (_, k) => (3 * sigma * k) / (CURVE_POINTS - 1),
  );
  const bounds = Array.from(x, (r) => bound.envelope(r));
  return {
    kind: "lines",
    id: "envelope",
    title: `Mean margin against "${against}" (0.5 is where the answer turns)`,
    x: { label: "l2 distance", unit: "" },
    y: { label: "Margin, mapped to 0..1", unit: "" },
    series: [
      { name: "at least", x, y: Float64Array.from(bounds, ({ low }) => low) },
      { name: "at most", x, y: Float64Array.from(bounds, ({ high }) => high) },
      { name: "turning point", x, y: x.map(() => 0.5) },
    ],
  } as const;
}

/** What the median margin under noise is at least, at each distance. */
function medianPlot(
  margins: readonly number[],
  against: string,
  { sigma, alpha }: { readonly sigma: number; readonly alpha: number },
) {
  const x = Float64Array.from(
    { length: CURVE_POINTS },
    (_, k) => (3 * sigma * k) / (CURVE_POINTS - 1),
  );
  return {
    kind: "lines",
    id: "median",
    title: `Median margin against "${against}", at least`,
    x: { label: "l2 distance", unit: "" },
    y: { label: "Median margin", unit: "logits" },
    series: [
      { name: "at least", x, y: x.map((r) => medianMarginBound(margins, r / sigma, alpha)) },
      { name: "turning point", x, y: x.map(() => 0) },
    ],
  } as const;
}
