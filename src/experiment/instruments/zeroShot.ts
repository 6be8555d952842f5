/** The picture against sentences, in the space where the model learned to match both: no question, no decoder. */
import { gridBet } from "../../certificates/gridBet.ts";
import { alphaForBound, noisyBatches } from "../../certificates/sampler.ts";
import { FINDING_TERMS } from "../../language/questionBank.ts";
import type { FindingTerm } from "../../language/questionBank.ts";
import { recognizeQuestion } from "../../language/recognize.ts";
import { normalQuantile } from "../../numerics/normal.ts";
import { softmax } from "../../numerics/sums.ts";
import { cosine, l2Norm } from "../../tensor/norms.ts";
import { PARAMS } from "../params.ts";
import type { InputResult } from "../results.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import { obstructed } from "./instrumentResult.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Sentences whose mean stands for a finding, and for its absence; one sentence alone is a matter of luck. */
const PRESENT = ["There is {a}.", "There is {x} in the chest.", "{A} is present."];
const ABSENT = ["No {x}.", "There is no {x}.", "There is no evidence of {x}."];
const ALPHA = 0.001;
const BATCH = 4;

export const zeroShot = defineInstrument({
  id: "zeroShot",
  label: "Sentences against the picture",
  group: "language",
  tellsTruth: true,
  help: "Compares the image embedding with sentences of a report, run through the text encoder that was trained with it: which finding fits best, and whether its presence fits better than its absence. It uses no question and no decoder, so it can disagree with the answer; likenesses are small, and only their differences mean something.",
  source:
    "Zero-shot classification and prompt ensembles: Radford et al. 2021 (CLIP); certified prediction by cosine: randomized smoothing of (1 + cosine) / 2 against each competitor (Cohen et al. 2019)",
  params: {
    sharpness: {
      label: "Sharpness",
      unit: "",
      min: 1,
      max: 60,
      step: 1,
      default: 10,
      help: "What likenesses are multiplied by before they become probabilities; 10 is where training started.",
    },
    sigma: { ...PARAMS["certificate.sigma"] },
    samples: {
      label: "Noisy copies",
      unit: "",
      min: 0,
      max: 1000,
      step: 50,
      default: 100,
      integer: true,
      help: "To certify whether presence or absence of the finding you asked about fits better; 0 leaves that out.",
    },
  },
  texts: {
    label: "Your own sentences, one a line",
    help: "As in a report, such as: There is a large left pleural effusion.",
  },
  needs: ["system", "input", "clean", "readout"],
  graphs: { text: true },
  obstacle: ({ system }) =>
    system.embedText
      ? undefined
      : "This model has no text encoder in the image's space: sentences can't be compared with pictures.",
  async *run({ system, input, clean, readout }, { spec, params, seed, texts, context }) {
    const { embedText } = system;
    if (!embedText) return obstructed("This model has no text encoder.");
    const { sharpness = 10, sigma = 0.1, samples = 100 } = params;
    const heads: Head[] = [];
    for (const [k, finding] of FINDING_TERMS.entries()) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield { progress: { done: k, total: FINDING_TERMS.length, label: "Sentences" } };
      heads.push(await headOf(finding, embedText));
    }
    const own = texts.length > 0 ? await embedText(texts) : [];
    const sides = heads.flatMap(({ present, absent }) => [present, absent]);
    recordRows(context, "instrument.zeroShot.sentences", [...sides, ...own]);
    const asked = recognizeQuestion(spec.question);
    const head = heads.find(({ finding }) => finding.id === asked.findingId);
    let certified: Certified | undefined;
    if (head && samples > 0) {
      const options = { sigma, alpha: ALPHA, maxSamples: samples, batch: BATCH, seed };
      const bet = gridBet();
      const features: Float32Array[] = [];
      const better = fitsPresence(head, clean.embedding);
      const w = direction(head, better);
      for await (const images of noisyBatches(input.image, options, context)) {
        for (const feature of await system.embed(images)) {
          features.push(feature);
          bet.add(Math.max(0, (1 + cosine(feature, w) - 1e-5) / 2));
        }
        yield { progress: { done: bet.count, total: samples, label: "Noisy copies" } };
      }
      if (context.signal.aborted) return undefined;
      recordRows(context, "instrument.zeroShot.draws", features);
      const lower = bet.lowerBound(alphaForBound(options, input.image.length));
      certified = {
        radius: lower > 0.5 ? sigma * normalQuantile(lower) : 0,
        n: bet.count,
        presence: better,
      };
    }
    return resultOf({
      heads,
      head,
      certified,
      sharpness,
      clean: clean.embedding,
      disturbed: readout.embedding,
      own: texts.map((text, k) => ({ text, embedding: own[k]! })),
      truth: input.truth,
    });
  },
});

export interface Head {
  readonly finding: FindingTerm;
  readonly present: Float32Array;
  readonly absent: Float32Array;
}

interface Certified {
  readonly radius: number;
  readonly n: number;
  readonly presence: boolean;
}

/** The sentences for and against each finding. */
export async function sentenceHeads(
  embedText: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
): Promise<readonly Head[]> {
  const heads: Head[] = [];
  for (const finding of FINDING_TERMS) heads.push(await headOf(finding, embedText));
  return heads;
}

async function headOf(
  finding: FindingTerm,
  embedText: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
): Promise<Head> {
  return {
    finding,
    present: unitMean(await embedText(PRESENT.map((text) => filled(text, finding)))),
    absent: unitMean(await embedText(ABSENT.map((text) => filled(text, finding)))),
  };
}

function filled(template: string, { term, article }: FindingTerm): string {
  const named = article ? `${article} ${term}` : term;
  return template
    .replaceAll("{a}", named)
    .replaceAll("{A}", named.charAt(0).toUpperCase() + named.slice(1))
    .replaceAll("{x}", term);
}

/** The mean of unit vectors, made a unit vector again: a prompt ensemble. */
export function unitMean(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  const norm = l2Norm(sum) || 1;
  return sum.map((value) => value / norm);
}

export function fitsPresence({ present, absent }: Head, embedding: Float32Array): boolean {
  return cosine(embedding, present) >= cosine(embedding, absent);
}

/** From the competitor towards what is predicted, as a unit vector: its sign decides between the two. */
function direction({ present, absent }: Head, presence: boolean): Float32Array {
  const [to, from] = presence ? [present, absent] : [absent, present];
  const w = to.map((value, i) => value - from[i]!);
  const norm = l2Norm(w) || 1;
  return w.map((value) => value / norm);
}

interface Measured {
  readonly heads: readonly Head[];
  readonly head: Head | undefined;
  readonly certified: Certified | undefined;
  readonly sharpness: number;
  readonly clean: Float32Array;
  readonly disturbed: Float32Array;
  readonly own: readonly { readonly text: string; readonly embedding: Float32Array }[];
  readonly truth: InputResult["truth"];
}

function resultOf(measured: Measured): InstrumentResult {
  const { heads, head, certified, sharpness, clean, disturbed, own, truth } = measured;
  const cloze = [clean, disturbed].map((image) =>
    softmax(heads.map(({ present }) => sharpness * cosine(image, present))),
  );
  const [before, after] = cloze as [Float64Array, Float64Array];
  const best = (values: Float64Array) => heads[values.indexOf(Math.max(...values))]!.finding.term;
  const gap = ({ present, absent }: Head, image: Float32Array) =>
    cosine(image, present) - cosine(image, absent);
  const kinds = new Set<string>(truth?.findings.map(({ kind }) => kind));
  const said = head && (gap(head, clean) >= 0 ? "present" : "absent");
  const saidAfter = head && (gap(head, disturbed) >= 0 ? "present" : "absent");
  return {
    statement: `Of ${heads.length} findings "${best(before)}" fits the clean picture best and "${best(after)}" the disturbed one.${
      head
        ? ` For ${head.finding.term}, "${said}" fits the clean picture better and "${saidAfter}" the disturbed one.`
        : ""
    }${
      certified
        ? certified.radius > 0
          ? ` That the clean picture fits "${certified.presence ? "present" : "absent"}" better is proven, on average over noise, for changes up to l2 ${decimal(certified.radius, 3)}.`
          : " For no size of change is that proven."
        : ""
    }`,
    quantities: [
      ...(head
        ? [
            {
              id: "gap.clean",
              label: `Presence less absence of ${head.finding.term}, clean picture`,
              value: gap(head, clean),
              unit: "cosine",
            },
            {
              id: "gap.disturbed",
              label: `Presence less absence of ${head.finding.term}, disturbed picture`,
              value: gap(head, disturbed),
              unit: "cosine",
            },
          ]
        : []),
      ...(certified
        ? [
            {
              id: "certified",
              label: "Certified by cosine to the sentences",
              value: certified.radius,
              unit: "l2",
              n: certified.n,
              note: "99.9 % confidence; of the embedding averaged over noise",
            },
          ]
        : []),
    ],
    plots: [
      {
        kind: "heat",
        id: "cloze",
        title: 'Which finding fills "There is …": probability among all of them',
        rows: heads.map(({ finding }) => finding.term),
        columns: ["Clean", "Disturbed"],
        values: Float64Array.from(heads.flatMap((_, k) => [before[k]!, after[k]!])),
        unit: "probability",
      },
    ],
    tables: [
      {
        id: "findings",
        title: "Cosine to the sentences for presence less those for absence",
        columns: ["Finding", "Clean", "Disturbed", ...(truth ? ["Truly there"] : [])],
        rows: heads.map((each) => [
          each.finding.term,
          gap(each, clean),
          gap(each, disturbed),
          ...(truth ? [kinds.has(each.finding.id) ? "yes" : "no"] : []),
        ]),
      },
      ...(own.length > 0
        ? [
            {
              id: "own",
              title: "Cosine to your own sentences",
              columns: ["Sentence", "Clean", "Disturbed"],
              rows: own.map(({ text, embedding }) => [
                text,
                cosine(clean, embedding),
                cosine(disturbed, embedding),
              ]),
            },
          ]
        : []),
    ],
  };
}
