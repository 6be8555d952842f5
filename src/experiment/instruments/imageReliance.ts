/** Whether the answers come from this picture at all: the same wordings without it, and with other patients' pictures. */
import { flipRates } from "../../metrics/answerFlip.ts";
import { proportion } from "../../metrics/proportion.ts";
import { mean } from "../../numerics/sums.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { counted, linkedQuantity, proportionQuantity } from "./proportionQuantity.ts";
import { otherPatient, plainPicture } from "./substitutePictures.ts";
import { answersQuestions, wordingsOf } from "./wordings.ts";

export const imageReliance = defineInstrument({
  id: "imageReliance",
  label: "How far the answer rests on the picture",
  group: "language",
  help: "Asks all wordings again about a black picture, a grey one and other patients' pictures, and counts how often the answer changes. An answer that stays whatever is shown comes from the question, however steady it looks; one case alone can't tell a lucky guess from a look.",
  source:
    "PSF-Med (arXiv:2602.21428), text-only baseline; the quadrant of consistency and reliance follows the project's source on paraphrase robustness",
  params: {
    wordings: {
      label: "Wordings",
      unit: "",
      min: 1,
      max: 20,
      step: 1,
      default: 7,
      integer: true,
      help: "Equivalents beside the reader's own wording.",
    },
    patients: {
      label: "Other patients",
      unit: "",
      min: 1,
      max: 20,
      step: 1,
      default: 6,
      integer: true,
      help: "Random phantoms, with and without findings, shown in place of this picture.",
    },
    maxFlips: {
      label: "Consistent up to",
      unit: "share",
      min: 0,
      max: 0.5,
      step: 0.05,
      default: 0.2,
      help: "Share of wordings that may disagree before the answer counts as inconsistent.",
    },
    minReliance: {
      label: "Relies from",
      unit: "share",
      min: 0.05,
      max: 0.9,
      step: 0.05,
      default: 0.2,
      help: "Share of answers that must change with the picture before it counts as used.",
    },
  },
  needs: ["system", "input"],
  obstacle: answersQuestions,
  async *run({ system, input }, { spec, params, seed, context }) {
    const { wordings: count = 7, patients = 6, maxFlips = 0.2, minReliance = 0.2 } = params;
    const { asked, equivalents } = wordingsOf(spec.question, count);
    const questions = [asked, ...equivalents.map(({ question }) => question)];
    const { image } = input;
    const blanks = [
      ["black", plainPicture(0, image.length)],
      ["mean", plainPicture(mean(image), image.length)],
    ] as const;
    const total = 1 + blanks.length + patients;
    let done = 0;
    const progress = () => ({ progress: { done: done++, total, label: "Other pictures" } });
    yield progress();
    const { answers: own } = await system.read(image, questions);
    const without: Record<"black" | "mean", readonly AnswerResult[]> = { black: [], mean: [] };
    for (const [name, picture] of blanks) {
      if (context.signal.aborted) return undefined;
      yield progress();
      without[name] = (await system.read(picture, questions)).answers;
    }
    const others: (readonly AnswerResult[])[] = [];
    for (let k = 0; k < patients; k++) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield progress();
      others.push((await system.read(otherPatient(system, seed, k).image, questions)).answers);
    }
    return resultOf({ own, ...without, others, maxFlips, minReliance });
  },
});

interface Answers {
  readonly own: readonly AnswerResult[];
  readonly black: readonly AnswerResult[];
  readonly mean: readonly AnswerResult[];
  readonly others: readonly (readonly AnswerResult[])[];
  readonly maxFlips: number;
  readonly minReliance: number;
}

function resultOf({
  own,
  black,
  mean: gray,
  others,
  maxFlips,
  minReliance,
}: Answers): InstrumentResult {
  const changed = (lists: readonly (readonly AnswerResult[])[]) =>
    proportion(
      lists.flatMap((list) => list.filter((a, k) => a.corrected !== own[k]!.corrected)).length,
      lists.length * own.length,
    );
  const shift = (list: readonly AnswerResult[]) =>
    mean(Float64Array.from(list, (a, k) => Math.abs(a.margin - own[k]!.margin)));
  const flips = flipRates(own.map(({ corrected }) => corrected));
  const patients = changed(others);
  const quadrant = quadrantOf(
    flips.pair.total > 0 ? flips.base.share <= maxFlips : true,
    patients.share >= minReliance,
  );
  // A flip between wordings that the text alone explains: the grey picture flips the same way.
  const textDriven = own.flatMap((a, k) =>
    k > 0 && a.corrected !== own[0]!.corrected ? [gray[k]!.corrected === a.corrected] : [],
  );
  return {
    statement: `${quadrant.name}: ${quadrant.meaning} ${counted(flips.base)} wordings disagree with yours, and ${counted(patients)} answers change with another patient's picture.`,
    quantities: [
      linkedQuantity("changed.others", "Answers that change with another patient's picture", {
        of: patients,
        shared: "pictures and wordings",
      }),
      proportionQuantity(
        "changed.black",
        "Answers that change with a black picture",
        changed([black]),
      ),
      proportionQuantity(
        "changed.mean",
        "Answers that change with an even grey picture",
        changed([gray]),
      ),
      {
        id: "shift.black",
        label: "Margin moved by taking the picture away (black)",
        value: shift(black),
        unit: "logits",
        n: own.length,
      },
      {
        id: "shift.mean",
        label: "Margin moved by taking the picture away (grey)",
        value: shift(gray),
        unit: "logits",
        n: own.length,
      },
      proportionQuantity("flips", "Wordings that disagree with yours", flips.base),
      proportionQuantity(
        "textDriven",
        "Of these flips, made by the text alone (the grey picture gives the same answer)",
        proportion(textDriven.filter(Boolean).length, textDriven.length),
      ),
    ],
    tables: [
      {
        id: "answers",
        title: "What each wording says of the finding",
        columns: ["Wording", "This picture", "Black", "Grey", "Other patients"],
        rows: own.map((answer, k) => [
          answer.question,
          answer.corrected,
          black[k]!.corrected,
          gray[k]!.corrected,
          others.map((list) => list[k]!.corrected).join(", "),
        ]),
      },
    ],
  };
}

/** Consistency over wordings against reliance on the picture. */
export function quadrantOf(
  isConsistent: boolean,
  relies: boolean,
): { readonly name: string; readonly meaning: string } {
  if (isConsistent && relies) {
    return { name: "Ideal", meaning: "the wordings agree and the answer follows the picture." };
  }
  if (relies) {
    return { name: "Fragile", meaning: "the answer follows the picture, but also the wording." };
  }
  if (isConsistent) {
    return {
      name: "Dangerous",
      meaning:
        "the wordings agree, but the answer hardly follows the picture: steady without looking.",
    };
  }
  return { name: "Worst", meaning: "the answer follows the wording and hardly the picture." };
}
