/** Right and wrong by question, of the runs whose true answer is yes or no. */
import type { Row } from "./rowColumns.ts";

export interface Confusion {
  /** As it was asked. */
  readonly asked: string;
  readonly total: number;
  readonly right: number;
  /** What is there, and the model says that it is not. */
  readonly missed: readonly Row[];
  /** What is not there, and the model says that it is. */
  readonly falseAlarms: readonly Row[];
}

/** In the order in which the questions first come; empty where no such truth is known. */
export function confusionOf(rows: readonly Row[]): readonly Confusion[] {
  const asked = new Map<string, Row[]>();
  for (const row of rows) {
    if (isRight(row) === null || !isYesOrNo(row["truth"])) continue;
    const question = String(row.asked);
    const before = asked.get(question);
    if (before) before.push(row);
    else asked.set(question, [row]);
  }
  return [...asked].map(([question, all]) => {
    const wrong = all.filter((row) => isRight(row) === false);
    return {
      asked: question,
      total: all.length,
      right: all.length - wrong.length,
      missed: wrong.filter((row) => row["truth"] === "yes"),
      falseAlarms: wrong.filter((row) => row["truth"] === "no"),
    };
  });
}

/** After the stack where there is one; null where no truth is known or nothing was answered. */
function isRight(row: Row): boolean | null {
  const right = row["correct"] ?? row["correctClean"];
  return typeof right === "boolean" ? right : null;
}

function isYesOrNo(truth: unknown): boolean {
  return truth === "yes" || truth === "no";
}
