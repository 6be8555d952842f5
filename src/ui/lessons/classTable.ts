/** Answers of a class by learner and step: right at the first try, right later, or not. */
import type { NamedAnswers } from "../../lesson/answerCode.ts";
import type { Lesson } from "../../lesson/schema.ts";

export interface ClassCell {
  readonly text: string;
  /** Null where there is nothing to be right about. */
  readonly isGood: boolean | null;
}

export interface ClassTableData {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly ClassCell[] }[];
  /** For each column how many are good, of how many. */
  readonly totals: readonly string[];
}

/** @param answers all of one lesson or one quiz. */
export function classTable(
  answers: readonly NamedAnswers[],
  lesson: Lesson | undefined,
): ClassTableData {
  const rows = answers.map(({ name, answers: given }) => ({
    name,
    cells: given.what === "quiz" ? quizCells(given.right) : lessonCells(given.steps, lesson),
  }));
  const width = Math.max(0, ...rows.map(({ cells }) => cells.length));
  const isQuiz = answers[0]?.answers.what === "quiz";
  const columns = isQuiz ? quizColumns(width) : lessonColumns(width / 2);
  const totals = columns.map((_, k) => {
    const judged = rows
      .map(({ cells }) => cells[k]?.isGood ?? null)
      .filter((good) => good !== null);
    return judged.length === 0 ? "" : `${judged.filter(Boolean).length} of ${judged.length}`;
  });
  return { columns, rows, totals };
}

const quizColumns = (width: number) => [
  "Right",
  ...Array.from({ length: Math.max(0, width - 1) }, (_, k) => `Film ${k + 1}`),
];
const lessonColumns = (steps: number) =>
  Array.from({ length: steps }, (_, k) => [`Task ${k + 1}`, `Question ${k + 1}`]).flat();

function quizCells(right: readonly boolean[]): ClassCell[] {
  return [
    { text: `${right.filter(Boolean).length} of ${right.length}`, isGood: null },
    ...right.map((isGood) => ({ text: isGood ? "right" : "wrong", isGood })),
  ];
}

function lessonCells(
  steps: Extract<NamedAnswers["answers"], { what: "lesson" }>["steps"],
  lesson: Lesson | undefined,
): ClassCell[] {
  return steps.flatMap(({ done, tried }, k): ClassCell[] => {
    const choices = lesson?.steps[k]?.question?.choices;
    const at = choices ? tried.findIndex((choice) => choices[choice]?.right) : -1;
    return [
      { text: done ? "done" : "not done", isGood: done },
      !choices
        ? { text: "–", isGood: null }
        : tried.length === 0
          ? { text: "skipped", isGood: false }
          : at < 0
            ? { text: "wrong", isGood: false }
            : { text: at === 0 ? "right" : `right, try ${at + 1}`, isGood: at === 0 },
    ];
  });
}

/** RFC 4180; a leading apostrophe keeps a name from being run as a formula by a spreadsheet. */
export function classCsv({ columns, rows }: ClassTableData): string {
  const quoted = (text: string) =>
    `"${text.replace(/^([=+@\t\r-])/, "'$1").replaceAll('"', '""')}"`;
  const lines = [
    ["Name", ...columns],
    ...rows.map(({ name, cells }) => [name, ...cells.map(({ text }) => text)]),
  ];
  return `${lines.map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`;
}
