/** What others need of a run, as files: a figure, a table, a script that repeats it without this lab, and how to cite it. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import { citationOf } from "../experiment/exports/citation.ts";
import { FIGURE_PANELS, figureOf, panelsOf } from "../experiment/exports/figure.ts";
import type { FigurePanel } from "../experiment/exports/figure.ts";
import { PICTURES_FILE, pythonScript } from "../experiment/exports/pythonScript.ts";
import type { RunRecord } from "../experiment/exports/runRecord.ts";
import { TABLE_COLUMNS, screenTable } from "../experiment/exports/screenTable.ts";
import { csvLine } from "../study/csv.ts";
import { formatNpy } from "../tensor/npyFormat.ts";
import { UsageError } from "./usageError.ts";

/** @returns the panels of a comma-separated list. @throws UsageError for a panel there is none of */
export function panelsNamed(list: string | undefined): readonly FigurePanel[] | undefined {
  const ids: readonly string[] = FIGURE_PANELS.map(({ id }) => id);
  const names = list?.split(",");
  const unknown = names?.find((name) => !ids.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`There is no panel "${unknown}" of a figure: use ${ids.join(", ")}.`);
  }
  return names as readonly FigurePanel[] | undefined;
}

/** @returns the paths, in the order they were written. */
export async function writeExports(
  folder: string,
  record: RunRecord,
  {
    panels,
    encodeQuestion,
  }: {
    /** Absent: all that the run has something for. */
    readonly panels: readonly FigurePanel[] | undefined;
    encodeQuestion(text: string): readonly number[];
  },
): Promise<readonly string[]> {
  const { text, pictures, size } = await pythonScript(record, encodeQuestion);
  const lines = [[...TABLE_COLUMNS], ...screenTable(record)].map((row) => csvLine(row));
  const cited = citationOf(record);
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ["penumbra-figure.svg", figureOf(record, panels ?? panelsOf(record)).svg],
    ["penumbra-table.csv", [...lines, ""].join("\r\n")],
    ["penumbra-run.py", text],
    ["penumbra-citation.txt", `${cited.text}\n\n${cited.bibtex}\n`],
    ...(pictures
      ? [
          [
            PICTURES_FILE,
            formatNpy({ dtype: "uint8", shape: [2, size, size], data: pictures }),
          ] as const,
        ]
      : []),
  ];
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of files) await writeFile(path.join(folder, name), content);
  } catch (cause) {
    throw new LabError(
      "not-found",
      `The folder ${folder} can't be written to (${(cause as NodeJS.ErrnoException).code}).`,
      { cause },
    );
  }
  return files.map(([name]) => path.join(folder, name));
}
