/** Every finding the model can be asked about, on both pictures at once, each with what its answers are worth. */
import { plainQuestions } from "../../language/questionBank.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { canAnswer } from "../../model/manifest.ts";
import { countKey, countedOn, filmCounts } from "../../model/filmCounts.ts";
import { measuredModel } from "../../model/measured.ts";
import type { MeasuredModel } from "../../model/measured.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { defineInstrument } from "./instrument.ts";

/** An area under the curve whose interval reaches this low is near guessing. */
const NEAR_CHANCE = 0.6;

export const allFindings = defineInstrument({
  id: "allFindings",
  label: "All findings at once",
  group: "film",
  help: "Asks in the plain wording about every finding the model knows, on the clean and on the disturbed picture. Percentages are the model's own share of yes; the last columns say on how many real test films of adults and of children it found the same, without and with it.",
  source:
    "One presence question a finding (src/language/questionBank.json); counts on test films by bench/filmCounts.ts, close to guessing by the areas under the ROC curve of the model's card",
  params: {},
  needs: ["system", "input", "disturbed"],
  obstacle: ({ system }) =>
    canAnswer(system.manifest)
      ? undefined
      : "This model is an image encoder without a text side, so it can't be asked.",
  async run({ system, input, disturbed }) {
    const { answerSpaces, id } = system.manifest;
    const questions = plainQuestions().filter(
      ({ type, answerSpace }) =>
        (type === "presence" || type === "normal") && answerSpace in answerSpaces,
    );
    const clean = await system.read(input.image, questions);
    const moved = await system.read(disturbed.image, questions);
    const measured = measuredModel(id);
    const rows = questions.map((question, k) => {
      const [before, after] = [clean.answers[k]!, moved.answers[k]!];
      const turned = before.corrected !== after.corrected;
      return { question, before, after, turned };
    });
    const findings = rows.filter(({ question }) => isFinding(question));
    const said = findings.filter(({ before }) => isYes(before));
    const turned = rows.filter((row) => row.turned);
    // What the model says is there comes first, and whether it calls the film normal last.
    const listed = rows.toSorted(
      (a, b) =>
        Number(isFinding(b.question)) - Number(isFinding(a.question)) ||
        yesPercent(b.before) - yesPercent(a.before),
    );
    const contradiction = contradicted(
      rows.map(({ question, before }) => ({ question, said: before })),
    );
    // An untouched film has one column of answers: in a card, what they are worth then stands right beside them.
    const isUntouched = disturbed.items.length === 0;
    return {
      statement: `On the clean picture the model says yes to ${said.length} of ${findings.length} findings; the disturbances turn ${turned.length} of ${rows.length} answers.${contradiction}`,
      quantities: [
        {
          id: "present",
          label: "Findings said to be present, clean",
          value: said.length,
          unit: "",
          n: findings.length,
        },
        {
          id: "turned",
          label: "Answers that the disturbances turn",
          value: turned.length,
          unit: "",
          n: rows.length,
        },
      ],
      tables: [
        {
          id: "findings",
          title: "Every question, clean and disturbed",
          columns: [
            "Asked about",
            "Yes, clean",
            ...(isUntouched ? [] : ["Yes, disturbed", "Turned"]),
            "Found on adult films",
            "Found on children’s films",
          ],
          percent: isUntouched ? [1] : [1, 2],
          rows: listed.map(({ question, before, after, turned: isTurned }) => [
            subjectOf(question),
            yesPercent(before),
            ...(isUntouched ? [] : [yesPercent(after), isTurned ? "turned" : ""]),
            worth(question, { id, population: "adult", isGuess: isGuess(measured, question) }),
            worth(question, { id, population: "child", isGuess: false }),
          ]),
          opens: listed.map(({ question }) => ({ question: question.text })),
        },
      ],
    };
  },
});

function isFinding({ type }: ExpandedQuestion): boolean {
  return type === "presence";
}

function isYes({ corrected }: AnswerResult): boolean {
  return corrected === "yes";
}

/** To a thousandth of a percent: what is nearly sure stays apart from what is sure. */
function yesPercent({ probabilities }: AnswerResult): number {
  return Math.round(1e5 * (probabilities["yes"] ?? 0)) / 1e3;
}

/** "pneumothorax"; the one question that is about no finding stays as it is. */
function subjectOf({ text }: ExpandedQuestion): string {
  return text.replace(/^Is there (?:an? )?(.*)\?$/, "$1");
}

/** Whether the model calls a film normal and finds something on it, or neither. */
function contradicted(
  rows: readonly { readonly question: ExpandedQuestion; readonly said: AnswerResult }[],
): string {
  const normal = rows.find(({ question }) => question.type === "normal");
  if (!normal) return "";
  const found = rows.filter(({ question, said }) => isFinding(question) && isYes(said));
  const says = isYes(normal.said);
  if (says && found.length > 0) {
    return ` It contradicts itself: it also calls the film normal, and finds ${found.length === 1 ? "something" : `${found.length} things`} on it.`;
  }
  return !says && found.length === 0
    ? " It contradicts itself: it does not call the film normal, and finds nothing on it."
    : "";
}

function isGuess(measured: MeasuredModel | undefined, question: ExpandedQuestion): boolean {
  const area = measured?.adults[countKey(question) ?? ""];
  return area !== undefined && area.low < NEAR_CHANCE;
}

/** On how many test films the model found the same: what its answer is worth on one more. */
function worth(
  question: ExpandedQuestion,
  on: {
    readonly id: string;
    readonly population: "adult" | "child";
    readonly isGuess: boolean;
  },
): string {
  const counted = countedOn(filmCounts(on.id), countKey(question), on.population);
  if (!counted) return "not measured";
  const { normal, present } = counted;
  const verdict = on.isGuess ? "close to guessing: " : "";
  const having = present
    ? `, ${present.yes} of ${present.n} ${countKey(question) === "normal" ? "others" : "with it"}`
    : "";
  return `${verdict}${normal.yes} of ${normal.n} normal${having}`;
}
