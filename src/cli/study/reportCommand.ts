/** `lab study report`: the tables and plots of a folder of rows as one HTML file and as Markdown. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { planSize } from "../../study/plan.ts";
import { graphsOf } from "../../study/rowGraphs.ts";
import type { GraphPart } from "../../model/graphPartSchema.ts";
import type { Row } from "../../study/rowColumns.ts";
import { partName } from "../../model/graphPart.ts";
import { studyReadings } from "../../study/readings/readings.ts";
import { summarize } from "../../study/summarize.ts";
import type { MeasureTable, StudySummary } from "../../study/summarize.ts";
import { UsageError, parseCommandLine } from "../usageError.ts";
import { folderMaker } from "./folderMaker.ts";
import { reportHtml } from "./reportHtml.ts";
import { reportMarkdown } from "./reportMarkdown.ts";
import { RowFolder } from "./rowFolder.ts";

interface SummaryModel {
  readonly id: string;
  readonly precision: string;
  /** Of the graphs that ran. */
  readonly sha256: string;
}

/** The tables of a report as numbers. */
export interface SummaryFile extends Pick<StudySummary, "changed"> {
  readonly tables: readonly Omit<MeasureTable, "comparisons">[];
  readonly study: string;
  readonly runs: number;
  readonly planned: number;
  readonly backend: string;
  readonly models: readonly SummaryModel[];
  /** Other graphs that rows rest on; absent where there are none. */
  readonly graphs?: readonly GraphPart[];
}

const require = createRequire(import.meta.url);
const PLOTLY = "plotly.js-cartesian-dist-min/plotly-cartesian.min.js";

function tellsOfDefense(row: Row): boolean {
  return Object.keys(row).some((name) => name.startsWith("honestyCard."));
}

export async function reportCommand(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values, positionals } = parseCommandLine({
    args: [...args],
    options: { markdown: { type: "string" }, summary: { type: "string" } },
    allowPositionals: true,
  });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) {
    throw new UsageError("study report needs the folder of a study: lab study report DIR.");
  }
  const folder = RowFolder.read(name);
  try {
    const study = await folder.study();
    const maker = folderMaker(folder);
    const rows: Row[] = [];
    const models = new Map<string, SummaryModel>();
    const graphs = new Map<string, GraphPart>();
    for await (const row of folder.rows(study, maker)) {
      // Most of a row's size, and read only of rows that tell of a defense.
      rows.push(tellsOfDefense(row) ? row : { ...row, spec: null });
      const made = { id: String(row.model), precision: String(row.precision) };
      const sha256 = String(row.modelSha256);
      models.set(`${made.id} ${made.precision} (${sha256.slice(0, 8)})`, { ...made, sha256 });
      for (const part of graphsOf(String(row.graphs ?? ""))) graphs.set(part.sha256, part);
    }
    const facts = {
      study,
      summary: summarize(study, rows),
      readings: studyReadings(rows),
      models: [...models.keys()],
      beside: [...graphs.values()]
        .filter(({ role }) => role !== "tokenizer")
        .map((part) => `${partName(part)} (${part.sha256.slice(0, 8)})`),
      backend: maker.backend,
      planned: planSize(study).rows,
    };
    const plotly = readFileSync(require.resolve(PLOTLY), "utf8");
    const report = path.join(name, "report.html");
    writeFileSync(report, reportHtml({ ...facts, plotly }));
    if (values.markdown !== undefined) writeFileSync(values.markdown, reportMarkdown(facts));
    if (values.summary !== undefined) {
      const { rows: runs, changed } = facts.summary;
      const tables = facts.summary.tables.map(({ measure, kind, method, cells }) => ({
        measure,
        kind,
        method,
        cells,
      }));
      const { backend, planned } = facts;
      const said = {
        study: study.name,
        runs,
        planned,
        backend,
        models: [...models.values()],
        ...(graphs.size > 0 && { graphs: [...graphs.values()] }),
      };
      const numbers: SummaryFile = { ...said, tables, changed };
      writeFileSync(values.summary, `${JSON.stringify(numbers, null, 1)}\n`);
    }
    print({ study: study.name, rows: rows.length, of: facts.planned, report });
  } finally {
    folder.close();
  }
}
