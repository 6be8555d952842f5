/** The same question in other words: what each wording answers, which flip, and whether each asks the same thing. */
import { flipRates } from "../../metrics/answerFlip.ts";
import type { FlipRates } from "../../metrics/answerFlip.ts";
import { proportion } from "../../metrics/proportion.ts";
import { answerSpaceOf } from "../../system/answerSpace.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { defineInstrument } from "./instrument.ts";
import type { InstrumentResult, ResultTable } from "./instrumentResult.ts";
import { counted, linkedQuantity, proportionQuantity } from "./proportionQuantity.ts";
import { answersQuestions, wordingsOf } from "./wordings.ts";
import type { Wording, Wordings } from "./wordings.ts";

export const paraphraseFlips = defineInstrument({
  id: "paraphraseFlips",
  label: "Flips between wordings",
  group: "language",
  help: "Asks the same question in other words, some of them negated, and counts how often the answer about the finding changes. A change is the model's, not the patient's; wordings that ask for another side, size or finding stand apart and are never counted.",
  source:
    "PSF-Med (arXiv:2602.21428) for the rates; Wilson 1927 for the intervals; the clinical validator's four checks are rules over this lab's question bank",
  params: {
    wordings: {
      label: "Wordings",
      unit: "",
      min: 3,
      max: 30,
      step: 1,
      default: 11,
      integer: true,
      help: "Equivalents from the question bank, strategies in turn, those never seen in training first.",
    },
    counted: {
      label: "Counted",
      unit: "",
      min: 0,
      max: 1,
      step: 1,
      default: 0,
      choices: [0, 1],
      choiceNames: ["what surely asks the same", "every wording"],
      help: "Whether a wording that the validator rejects, or that holds a word nobody read, still counts. The reasons stand in a table.",
    },
  },
  texts: {
    label: "Your own wordings, one a line",
    help: "They are read, checked and counted like the bank's, and travel with the link.",
  },
  needs: ["system", "input", "disturbed"],
  obstacle: answersQuestions,
  async run({ system, input, disturbed }, { spec, params, texts, context }) {
    const { wordings: count = 11, counted: rule = 0 } = params;
    const asked = wordingsOf(spec.question, count, texts);
    // A word that the lab can't read may narrow the question: "loculated" asks something else.
    const isCounted = ({ validation, unread }: Wording) =>
      rule === 1 || (validation.accepted && unread.length === 0);
    const inSpace = answerSpaceOf(system.manifest, asked.asked).answers;
    const all = [...asked.equivalents, ...asked.others];
    const questions = [asked.asked, ...all.map(({ question }) => question)];
    const { answers: clean } = await system.read(input.image, questions);
    if (context.signal.aborted) return undefined;
    const { answers: moved } = await system.read(disturbed.image, questions);
    if (context.signal.aborted) return undefined;
    return resultOf({ asked, clean, moved, isCounted, inSpace });
  },
});

interface Asked {
  readonly asked: Wordings;
  /** Of the asked wording, the equivalents and the others, in that order. */
  readonly clean: readonly AnswerResult[];
  readonly moved: readonly AnswerResult[];
  readonly isCounted: (wording: Wording) => boolean;
  readonly inSpace: readonly string[];
}

function resultOf({ asked, clean, moved, isCounted, inSpace }: Asked): InstrumentResult {
  const { equivalents, others, refused } = asked;
  const kept = [0, ...equivalents.flatMap((wording, k) => (isCounted(wording) ? [k + 1] : []))];
  const corrected = (answers: readonly AnswerResult[]) => kept.map((k) => answers[k]!.corrected);
  const before = flipRates(corrected(clean));
  const after = flipRates(corrected(moved));
  const negated = kept.slice(1).filter((k) => clean[k]!.polarity < 0);
  const negatedFlips = negated.filter((k) => clean[k]!.corrected !== clean[0]!.corrected);
  const left = equivalents.length - (kept.length - 1);
  return {
    statement: `On the clean picture ${counted(before.base)} other wordings disagree with yours, on the disturbed one ${counted(after.base)}.${
      left > 0 ? ` ${left} that may ask something else ${left === 1 ? "is" : "are"} kept out.` : ""
    }`,
    quantities: [
      ...ratesOf("clean", "clean picture", before),
      ...ratesOf("disturbed", "disturbed picture", after),
      proportionQuantity(
        "negated.clean",
        "Negated wordings that disagree, clean picture",
        proportion(negatedFlips.length, negated.length),
      ),
    ],
    tables: [
      wordingTable("equivalents", "Wordings that ask the same", {
        wordings: [undefined, ...equivalents],
        clean: clean.slice(0, equivalents.length + 1),
        moved: moved.slice(0, equivalents.length + 1),
      }),
      ...(others.length > 0
        ? [
            wordingTable("others", "Wordings that ask something else (never counted)", {
              wordings: others,
              clean: clean.slice(equivalents.length + 1),
              moved: moved.slice(equivalents.length + 1),
            }),
          ]
        : []),
      checkTable([...equivalents, ...others]),
      ...(refused.length > 0
        ? [
            {
              id: "refused",
              title: `Not asked (answers here are ${inSpace.join(", ")})`,
              columns: ["Wording", "Why"],
              rows: refused.map(({ text, reason }) => [text, reason]),
            },
          ]
        : []),
    ],
  };
}

function ratesOf(id: string, where: string, { pair, base, any }: FlipRates) {
  return [
    proportionQuantity(`base.${id}`, `Disagree with your wording, ${where}`, base),
    linkedQuantity(`pair.${id}`, `Pairs that disagree, ${where}`, { of: pair, shared: "wordings" }),
    {
      id: `any.${id}`,
      label: `Any flip at all, ${where} (1 yes, 0 no)`,
      value: Number(any),
      unit: "",
      n: base.total + 1,
    },
  ];
}

function wordingTable(
  id: string,
  title: string,
  rows: {
    readonly wordings: readonly (Wording | undefined)[];
    readonly clean: readonly AnswerResult[];
    readonly moved: readonly AnswerResult[];
  },
): ResultTable {
  return {
    id,
    title,
    columns: ["Wording", "Kind", "Clean", "Clean margin", "Disturbed", "Disturbed margin"],
    rows: rows.clean.map((answer, k) => {
      const wording = rows.wordings[k];
      const kind = wording ? (wording.isOwn ? "your own" : answer.strategy) : "as asked";
      const other = rows.moved[k]!;
      return [
        answer.question,
        `${kind}${answer.polarity < 0 ? ", negated" : ""}${answer.trained === false ? ", not in training" : ""}`,
        answer.corrected,
        answer.polarity * answer.margin,
        other.corrected,
        other.polarity * other.margin,
      ];
    }),
  };
}

function checkTable(wordings: readonly Wording[]): ResultTable {
  return {
    id: "validator",
    title: "What the validator says",
    columns: ["Wording", "Accepted", "Anatomy, findings, natural, unambiguous", "Not read"],
    rows: wordings.map(({ question, validation: { accepted, checks }, unread }) => [
      question.text,
      accepted ? "yes" : "no",
      checks.map(({ passed, reason }) => `${passed ? "✓" : "✗"} ${reason}`).join(" "),
      unread.join(", "),
    ]),
  };
}
