/** A table of labels beside a folder of films: a column `file`, one for each finding, perhaps `question` and `answer`. */
import { LabError } from "../errors/labError.ts";
import { FINDING_TERMS } from "../language/questionBank.ts";
import type { StudyFile } from "./schema.ts";
import { parseCsvLines } from "./csv.ts";

export type KnownOfFilm = Pick<StudyFile, "labels" | "question" | "answer" | "boxes">;

/** By file name as the table writes it. @throws LabError "spec-invalid" for a table without what it needs */
export function labelsFrom(text: string): ReadonlyMap<string, KnownOfFilm> {
  const [header = [], ...rows] = parseCsvLines(text);
  const at = header.indexOf("file");
  if (at < 0) {
    throw new LabError("spec-invalid", 'The table of labels has no column "file".', {
      hint: `Its first line names the columns: file, and findings such as ${exampleFindings()}.`,
    });
  }
  const byFile = new Map<string, KnownOfFilm>();
  for (const [k, row] of rows.entries()) {
    const file = row[at]?.trim() ?? "";
    if (file === "") continue;
    const labels: Record<string, boolean> = {};
    let known: KnownOfFilm = {};
    for (const [column, name] of header.entries()) {
      const cell = row[column]?.trim() ?? "";
      if (column === at || cell === "") continue;
      if (name === "question") known = { ...known, question: cell };
      else if (name === "answer") known = { ...known, answer: cell };
      else labels[name] = yesNo(cell, name, k + 2);
    }
    byFile.set(file, {
      ...known,
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
    });
  }
  return byFile;
}

function yesNo(cell: string, name: string, line: number): boolean {
  const value = cell.toLowerCase();
  if (["1", "1.0", "yes", "true"].includes(value)) return true;
  if (["0", "0.0", "no", "false"].includes(value)) return false;
  throw new LabError(
    "spec-invalid",
    `Line ${line} of the labels says "${cell.slice(0, 20)}" for ${name.slice(0, 40)}, but must say 1, 0 or nothing.`,
    { hint: "Leave out what is not known: an empty cell is not a no." },
  );
}

function exampleFindings(): string {
  return FINDING_TERMS.slice(0, 3)
    .map(({ id }) => id)
    .join(", ");
}
