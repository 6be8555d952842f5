/**
 * Other people's question sets: a table (CSV) or a list of records (JSON) with an image, a question, paraphrases of it, the
 * phenomenon of each, and a label, in the shape that PSF-Med style releases use. What a row lacks is said row by row.
 */
import { LabError } from "../errors/labError.ts";
import { ANSWER_SPACES } from "../language/questionBank.ts";
import { interpretQuestion } from "../language/recognize.ts";
import type { Understood } from "../language/recognize.ts";
import { STUDY_FORMAT, STUDY_LIMITS, STUDY_VERSION } from "./schema.ts";
import type { Study, StudyFile } from "./schema.ts";
import { recordsOf } from "./questionRecords.ts";
import type { QuestionRecord } from "./questionRecords.ts";

/** What can't be asked, and why. */
export interface Unmapped {
  /** As a spreadsheet or an editor counts: a table's first line is its header; a list's first record is 1. */
  readonly row: number;
  readonly message: string;
}

export interface QuestionSet {
  readonly files: readonly StudyFile[];
  readonly unmapped: readonly Unmapped[];
}

/**
 * @param hashOf the hash of the stored pixels of an image by the name that the set gives it; undefined where it is not here
 * @throws LabError "spec-invalid" for what is neither a table nor records, or lacks the columns
 */
export async function readQuestionSet(
  text: string,
  hashOf: (image: string) => Promise<string | undefined>,
): Promise<QuestionSet> {
  const unmapped: Unmapped[] = [];
  const byQuestion = new Map<string, StudyFile>();
  for (const record of recordsOf(text)) {
    const { row } = record;
    const refuse = (message: string) => unmapped.push({ row, message });
    const asked = askedBy(record, refuse);
    if (!asked) continue;
    const sha256 = await hashOf(record.image);
    if (sha256 === undefined) {
      refuse(`There is no film ${quoted(record.image)} that can be read.`);
      continue;
    }
    const key = `${sha256} ${record.question}`;
    const known = byQuestion.get(key);
    const answer = answerOf(record.label, asked, refuse);
    if (answer !== undefined && known?.answer !== undefined && known.answer !== answer) {
      refuse(`The same question about ${quoted(record.image)} is labelled ${known.answer} above.`);
      continue;
    }
    const stated = known?.answer ?? answer;
    const paraphrases = [
      ...(known?.paraphrases ?? []),
      ...paraphrasesOf(record, asked, refuse),
    ].slice(0, STUDY_LIMITS.levels);
    byQuestion.set(key, {
      sha256,
      question: record.question,
      ...(stated === undefined ? {} : { answer: stated }),
      ...(paraphrases.length === 0 ? {} : { paraphrases }),
    });
  }
  return { files: [...byQuestion.values()], unmapped };
}

/** A study that asks every question of the set, and every paraphrase beside it. @throws LabError for a set of nothing */
export function questionStudy(name: string, { files, unmapped }: QuestionSet): Study {
  if (files.length === 0) {
    throw new LabError("spec-invalid", "None of its questions can be asked.", {
      hint: unmapped[0] ? `Row ${unmapped[0].row}: ${unmapped[0].message}` : "It has no rows.",
    });
  }
  const isWorded = files.some(({ paraphrases }) => paraphrases);
  return {
    format: STUDY_FORMAT,
    version: STUDY_VERSION,
    name: name.slice(0, 60),
    base: {},
    cases: [{ kind: "files", files: [...files] }],
    axes: isWorded ? [{ kind: "paraphrase", name: "phenomenon", label: "Phenomenon" }] : [],
    measures: ["correctClean", "correctedClean", "scoreClean", "confidenceClean"],
  };
}

type Refuse = (message: string) => void;

function askedBy({ image, question }: QuestionRecord, refuse: Refuse): Understood | undefined {
  if (image === "") refuse("It names no image.");
  else if (question === "") refuse("It asks no question.");
  else {
    const { understood, refusal } = interpretQuestion(question);
    if (understood) return understood;
    refuse(`${quoted(question)} can't be asked here: ${refusal.message}`);
  }
  return undefined;
}

/** Undefined where there is none, or none that can be an answer: then right and wrong are not told. */
function answerOf(label: string, asked: Understood, refuse: Refuse): string | undefined {
  if (label === "") return undefined;
  const word = label.toLowerCase().replace(/[.!]$/, "");
  const answers = ANSWER_SPACES[asked.answerSpace] ?? [];
  const answer = answers.includes("yes") ? (YES_NO[word] ?? word) : word;
  if (answers.includes(answer)) return answer;
  refuse(
    `The label ${quoted(label)} is none of ${answers.join(", ")}; the question is asked without it.`,
  );
  return undefined;
}

/** How tables write yes and no. */
const YES_NO: Readonly<Record<string, string>> = {
  "1": "yes",
  "1.0": "yes",
  true: "yes",
  present: "yes",
  positive: "yes",
  "0": "no",
  "0.0": "no",
  false: "no",
  absent: "no",
  negative: "no",
};

function paraphrasesOf(
  { paraphrases }: QuestionRecord,
  asked: Understood,
  refuse: Refuse,
): NonNullable<StudyFile["paraphrases"]> {
  return paraphrases.flatMap(({ text, phenomenon }) => {
    const { understood, refusal } = interpretQuestion(text);
    if (!understood) {
      refuse(`The paraphrase ${quoted(text)} can't be asked here: ${refusal.message}`);
      return [];
    }
    if (understood.canonicalId !== asked.canonicalId || !understood.equivalent) {
      refuse(`The paraphrase ${quoted(text)} asks something else than ${quoted(asked.text)}.`);
      return [];
    }
    return [{ text, phenomenon: (phenomenon === "" ? "paraphrase" : phenomenon).slice(0, 40) }];
  });
}

function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`;
}
