/** The tables of a report as Markdown, for docs/studies. */
import { axisTitle, levelText } from "../../study/figures.ts";
import { measure } from "../../study/measures.ts";
import type { Cell } from "../../study/rowColumns.ts";
import type { Study } from "../../study/schema.ts";
import type { MeasureTable } from "../../study/summarize.ts";
import { cellText, estimateText } from "../../study/tableText.ts";
import { readingMarkdown } from "./readingSections.ts";
import type { ReportFacts } from "./reportHtml.ts";

export function reportMarkdown(facts: Omit<ReportFacts, "plotly">): string {
  const { study, summary, readings, models, beside, backend, planned } = facts;
  const besides = beside.length > 0 ? ` Graphs beside them: ${beside.join("; ")}.` : "";
  const failed = summary.failures.reduce((sum, { count }) => sum + count, 0);
  return [
    `# ${study.name}`,
    study.description ?? "",
    `${summary.rows} of ${planned} runs, ${summary.cases} cases, ${failed} failed. Models: ${models.join("; ")}.${besides} Backend: ${backend}.`,
    "To repeat it: `npm run -s lab -- study run STUDY.json --out DIR`, then `npm run -s lab -- study report DIR --markdown FILE`; `npm run studies` does both for every study of `studies/`.",
    ...readings.map((reading) => readingMarkdown(reading)),
    ...summary.tables.map((table) => tableText(study, table)),
    ...summary.aucs.map(({ score, cells }) =>
      section(
        study,
        `AUC of the ${measure(score).label.toLowerCase()}`,
        "95 % DeLong intervals; n with and without the finding.",
        cells.map(({ levels, auc }) => ({
          levels,
          text: auc
            ? `${estimateText(auc.auc, auc.interval)}, n ${auc.positives} and ${auc.negatives}`
            : "",
        })),
      ),
    ),
    ...summary.changed
      .filter(({ rows }) => rows.length > 0)
      .map(({ measure: id, rows }) =>
        [
          `## Another answer than under the first level: ${measure(id).label.toLowerCase()}`,
          "Over the same cases. 95 % Wilson intervals; bootstrap over cases where a case has several runs under one level.",
          [
            "| level | against | where | changed |",
            "| --- | --- | --- | --- |",
            ...rows.map(({ level, reference, others, count, pairs, interval }) => {
              const where = Object.values(others).map(levelText).join(", ");
              const share = `${estimateText(count / pairs, interval)}, ${count} of ${pairs}`;
              return `| ${levelText(level)} | ${levelText(reference)} | ${where} | ${share} |`;
            }),
          ].join("\n"),
        ].join("\n\n"),
      ),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function tableText(study: Study, { measure: id, method, cells }: MeasureTable): string {
  const { label, unit, help } = measure(id);
  return section(
    study,
    unit === "" ? label : `${label} (${unit})`,
    `${help} ${method}`,
    cells.map((cell) => ({ levels: cell.levels, text: cellText(cell) })),
  );
}

interface Entry {
  readonly levels: Readonly<Record<string, Cell>>;
  readonly text: string;
}

/** Two axes or more: the last but one in lines, the last across, one table for each combination of the others. */
function section({ axes }: Study, title: string, note: string, entries: readonly Entry[]): string {
  const parts = [`## ${title}`, note];
  const across = axes.at(-1);
  const down = axes.at(-2);
  if (!across || !down) {
    parts.push(
      [
        `| ${across ? axisTitle(across) : "cases"} | ${title} |`,
        "| --- | --- |",
        ...entries.map(
          ({ levels, text }) =>
            `| ${across ? levelText(levels[across.name] ?? null) : "all"} | ${text} |`,
        ),
      ].join("\n"),
    );
    return parts.join("\n\n");
  }
  const outer = axes.slice(0, -2);
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = outer
      .map((axis) => `${axisTitle(axis)}: ${levelText(entry.levels[axis.name] ?? null)}`)
      .join(", ");
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  for (const [name, group] of groups) {
    const levelsOn = (axis: string) => [
      ...new Set(group.map(({ levels }) => levels[axis] ?? null)),
    ];
    const columns = levelsOn(across.name);
    if (name !== "") parts.push(`${name}:`);
    parts.push(
      [
        `| ${axisTitle(down)} \\ ${axisTitle(across)} | ${columns.map(levelText).join(" | ")} |`,
        `| --- |${" --- |".repeat(columns.length)}`,
        ...levelsOn(down.name).map((level) => {
          const texts = columns.map(
            (column) =>
              group.find(
                ({ levels }) => levels[down.name] === level && levels[across.name] === column,
              )?.text ?? "",
          );
          return `| ${levelText(level)} | ${texts.join(" | ")} |`;
        }),
      ].join("\n"),
    );
  }
  return parts.join("\n\n");
}
