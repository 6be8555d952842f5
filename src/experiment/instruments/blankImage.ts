/** What the model reports about a picture that shows nothing: a yes there is made up. */
import { proportion } from "../../metrics/proportion.ts";
import { FINDING_TERMS, plainQuestions } from "../../language/questionBank.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { mean } from "../../numerics/sums.ts";
import type { AnswerResult } from "../../system/reading.ts";
import type { System } from "../../system/system.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult } from "./instrumentResult.ts";
import { counted, proportionQuantity } from "./proportionQuantity.ts";
import { noisePicture, plainPicture } from "./substitutePictures.ts";
import { answersQuestions } from "./wordings.ts";

export const blankImage = defineInstrument({
  id: "blankImage",
  label: "Findings on an empty picture",
  group: "language",
  help: "Asks about every finding the model knows while it is shown a black picture, an even grey one and noise. Each yes there is made up by the model; a model without one may still make things up about real films.",
  source:
    "Blank-image probe of hallucination, as in PSF-Med (arXiv:2602.21428) and its text-only baseline",
  params: {},
  needs: ["system", "input"],
  obstacle: answersQuestions,
  async *run({ system, input }, { seed, context }) {
    const questions = presenceQuestions(system);
    const { image } = input;
    const pictures = [
      ["This picture", image],
      ["Black", plainPicture(0, image.length)],
      ["Even grey", plainPicture(mean(image), image.length)],
      ["Noise", noisePicture(image, seed)],
    ] as const;
    const answers: (readonly AnswerResult[])[] = [];
    for (const [k, [, picture]] of pictures.entries()) {
      await context.yieldToHost();
      if (context.signal.aborted) return undefined;
      yield { progress: { done: k, total: pictures.length, label: "Empty pictures" } };
      answers.push((await system.read(picture, questions)).answers);
    }
    return resultOf(
      questions,
      pictures.map(([name]) => name),
      answers,
    );
  },
});

/** The plain "Is there …?" of every finding that the model has a yes and a no for. */
export function presenceQuestions({ manifest }: System): readonly ExpandedQuestion[] {
  return plainQuestions().filter(
    ({ type, scope, answerSpace }) =>
      type === "presence" &&
      scope === null &&
      manifest.answerSpaces[answerSpace]?.answers.includes("yes"),
  );
}

export function termOf({ findingId, text }: ExpandedQuestion): string {
  return FINDING_TERMS.find(({ id }) => id === findingId)?.term ?? text;
}

function resultOf(
  questions: readonly ExpandedQuestion[],
  pictures: readonly string[],
  answers: readonly (readonly AnswerResult[])[],
): InstrumentResult {
  const yes = (list: readonly AnswerResult[]) =>
    proportion(list.filter(({ corrected }) => corrected === "yes").length, list.length);
  const made = answers.slice(1).map(yes);
  const [black] = made;
  const names = questions.map(termOf);
  return {
    statement: `On a black picture the model reports ${counted(black!)} findings${
      black!.count > 0
        ? `: ${names.filter((_, k) => answers[1]![k]!.corrected === "yes").join(", ")}`
        : ""
    }. Each yes there is made up.`,
    quantities: made.map((share, k) =>
      proportionQuantity(
        ["black", "grey", "noise"][k]!,
        `Findings reported on: ${pictures[k + 1]!.toLowerCase()}`,
        share,
      ),
    ),
    plots: [
      {
        kind: "heat",
        id: "probabilities",
        title: "Probability of yes, by finding and picture",
        rows: names,
        columns: pictures,
        values: Float64Array.from(
          questions.flatMap((_, q) => answers.map((list) => list[q]!.probabilities["yes"] ?? NaN)),
        ),
        unit: "probability",
        middle: 0.5,
      },
    ],
  };
}
