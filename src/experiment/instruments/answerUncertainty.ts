/** How unsure the answer is, over wordings and over harmless views of the picture. */
import { snapToByteLattice } from "../../image/grayImage.ts";
import { symmetricKl, uncertainty } from "../../metrics/uncertainty.ts";
import type { Uncertainty } from "../../metrics/uncertainty.ts";
import { mean } from "../../numerics/sums.ts";
import { randomStream } from "../../numerics/random.ts";
import type { RandomStream } from "../../numerics/random.ts";
import { answerSpaceOf } from "../../system/answerSpace.ts";
import { distributionOf } from "./answerDistribution.ts";
import { recordRows } from "../recordRows.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult, Quantity } from "./instrumentResult.ts";
import { answersQuestions, wordingsOf } from "./wordings.ts";
import { decimal } from "../../numerics/decimalText.ts";

export const answerUncertainty = defineInstrument({
  id: "answerUncertainty",
  label: "Uncertainty of the answer",
  group: "certainty",
  help: "Asks in several wordings and of several slightly moved and brightened views, and splits the doubt into what each answer is unsure of by itself and what the answers disagree on. Agreement is not correctness: a model can be steadily wrong.",
  source:
    "Entropy and mutual information of an ensemble (Depeweg et al. 2018); test-time augmentation (Wang et al. 2019); natural logarithm",
  params: {
    wordings: {
      label: "Wordings",
      unit: "",
      min: 2,
      max: 20,
      step: 1,
      default: 7,
      integer: true,
      help: "Equivalents beside the reader's own wording.",
    },
    views: {
      label: "Views",
      unit: "",
      min: 2,
      max: 30,
      step: 1,
      default: 10,
      integer: true,
      help: "Copies of the picture, each moved by a few pixels and a little brighter or darker.",
    },
    shift: {
      label: "Moved by up to",
      unit: "pixels",
      min: 0,
      max: 12,
      step: 1,
      default: 4,
      integer: true,
      help: "Of the model's picture, in each direction. Never mirrored: that would swap the sides.",
    },
  },
  needs: ["system", "input", "disturbed"],
  obstacle: answersQuestions,
  async *run({ system, input, disturbed }, { spec, params, seed, context }) {
    const { wordings: count = 7, views = 10, shift = 4 } = params;
    const { asked, equivalents } = wordingsOf(spec.question, count);
    const questions = [asked, ...equivalents.map(({ question }) => question)];
    const { answers } = answerSpaceOf(system.manifest, asked);
    const measured: Measured[] = [];
    for (const [name, image] of [
      ["clean", input.image],
      ["disturbed", disturbed.image],
    ] as const) {
      if (context.signal.aborted) return undefined;
      const worded = await system.read(image, questions);
      const members = {
        wordings: worded.answers.map((answer) => distributionOf(answer, answers)),
        views: [] as (readonly number[])[],
      };
      for (let k = 0; k < views; k++) {
        await context.yieldToHost();
        if (context.signal.aborted) return undefined;
        yield { progress: { done: k, total: views, label: `Views of the ${name} picture` } };
        const random = randomStream(seed, "instrument", "view").fork(`${k}`);
        const view = viewOf(image, input.size, shift, random);
        const seen = await system.read(view, [asked]);
        members.views.push(distributionOf(seen.answers[0]!, answers));
      }
      for (const over of ["wordings", "views"] as const)
        recordRows(context, `instrument.answerUncertainty.${over}.${name}`, members[over]);
      measured.push(
        { picture: name, over: "wordings", ...of(members.wordings) },
        { picture: name, over: "views", ...of(members.views) },
      );
    }
    return resultOf(measured, answers);
  },
});

interface Measured {
  readonly picture: "clean" | "disturbed";
  readonly over: "wordings" | "views";
  readonly found: Uncertainty;
  readonly n: number;
  /** Symmetric Kullback-Leibler divergence of the others from the first, mean, nats. */
  readonly divergence: number;
}

function of(members: readonly (readonly number[])[]) {
  const [first, ...others] = members.map(softened);
  return {
    found: uncertainty(members)!,
    n: members.length,
    divergence: mean(Float64Array.from(others, (each) => symmetricKl(first!, each))),
  };
}

/** Away from 0, where a divergence has no end. */
function softened(p: readonly number[]): readonly number[] {
  const floor = 1e-6;
  return p.map((v) => (v + floor) / (1 + floor * p.length));
}

/** The picture moved by whole pixels, its border repeated, and up to 5 % brighter or darker; an 8-bit picture. */
export function viewOf(
  image: Float32Array,
  size: number,
  shift: number,
  random: RandomStream,
): Float32Array {
  const dx = random.integer(2 * shift + 1) - shift;
  const dy = random.integer(2 * shift + 1) - shift;
  const gain = random.between(0.95, 1.05);
  const clamped = (k: number) => Math.max(0, Math.min(size - 1, k));
  const out = new Float32Array(image.length);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      out[i * size + j] = gain * image[clamped(i + dy) * size + clamped(j + dx)]!;
    }
  }
  snapToByteLattice(out);
  return out;
}

function resultOf(measured: readonly Measured[], answers: readonly string[]): InstrumentResult {
  const top = ({ mean }: Uncertainty) => mean.indexOf(Math.max(...mean));
  const last = measured.find(
    ({ picture, over }) => picture === "disturbed" && over === "wordings",
  )!;
  const at = top(last.found);
  return {
    statement: `Over ${last.n} wordings of the disturbed picture the answer is "${answers[at]}" with ${Math.round(100 * last.found.mean[at]!)} % on average; ${Math.round(100 * last.found.dissent)} % of them say otherwise. Of ${decimal(last.found.total, 2)} nats of doubt, ${decimal(last.found.disagreementNats, 2)} come from their disagreement.`,
    quantities: measured.flatMap(({ picture, over, found, n, divergence }): Quantity[] => {
      const k = top(found);
      const named = (id: string, label: string, value: number, unit: string): Quantity => ({
        id: `${id}.${over}.${picture}`,
        label: `${label}, over ${over}, ${picture} picture`,
        value,
        unit,
        n,
      });
      return [
        named("mean", `Mean probability of "${answers[k]}"`, found.mean[k]!, ""),
        named("variance", "Its variance", found.variance[k]!, ""),
        named("entropy", "Entropy", found.total, "nats"),
        named("information", "Mutual information", found.disagreementNats, "nats"),
        named("divergence", "Divergence from the first (symmetric KL, mean)", divergence, "nats"),
        named("dissent", "Share that says otherwise", found.dissent, "share"),
      ];
    }),
  };
}
