/** A study's report: one HTML file that needs nothing beside it. Tables are there without scripts; plots need the one inside. */
import { axisTitle, figureOf, levelText } from "../../study/figures.ts";
import { plotlyFigure } from "../../study/figurePlotly.ts";
import type { PlotlyFigure } from "../../study/figurePlotly.ts";
import { measure } from "../../study/measures.ts";
import type { Cell } from "../../study/rowColumns.ts";
import type { Study } from "../../study/schema.ts";
import type { StudyReading } from "../../study/readings/reading.ts";
import type { AucTable, MeasureTable, StudySummary } from "../../study/summarize.ts";
import type { Changed, Comparison } from "../../study/comparisons.ts";
import { cellText, estimateText, pText } from "../../study/tableText.ts";
import { anchorOf, readingSection } from "./readingSections.ts";
import { html, scriptJson } from "./html.ts";
import type { Html } from "./html.ts";

export interface ReportFacts {
  readonly study: Study;
  readonly summary: StudySummary;
  /** What the whole study says. */
  readonly readings: readonly StudyReading[];
  /** "base int8 (fffced36)" and so on. */
  readonly models: readonly string[];
  /** Graphs that the rows rest on besides: linked ones, other models. */
  readonly beside: readonly string[];
  readonly backend: string;
  /** Rows that the study asks for. */
  readonly planned: number;
  /** The library's own code, to be put inside. */
  readonly plotly: string;
}

const THEME = {
  colors: ["#2f6f9f", "#c2571a", "#3d7d4f", "#7a4f9a", "#8a6d1d", "#8f3a4b"],
  text: "#222",
  grid: "#ddd",
  font: "system-ui, sans-serif",
};

export function reportHtml(facts: ReportFacts): string {
  const { study, summary, readings, models, beside, backend, planned, plotly } = facts;
  const figures: PlotlyFigure[] = [];
  const sections = summary.tables.map((table) => {
    const figure = figureOf(study, table);
    if (figure) figures.push(plotlyFigure(figure, THEME));
    return tableSection(study, table, figure ? figures.length - 1 : null);
  });
  const readingSections = readings.map((reading) =>
    readingSection(reading, {
      draw: (figure) => figures.push(figure) - 1,
      measures: summary.tables.map((table) => table.measure),
    }),
  );
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${study.name}</title>
        <style>
          ${{ html: STYLE }}
        </style>
      </head>
      <body>
        <h1>${study.name}</h1>
        <p>${study.description}</p>
        <p>Research and teaching only, not for diagnosis.</p>
        <p>
          ${summary.rows} of ${planned} runs, ${summary.cases} cases. Models: ${models.join("; ")}.
          ${beside.length > 0 && `Graphs beside them: ${beside.join("; ")}.`} Backend: ${backend}.
        </p>
        ${failures(summary)}
        <h2>To repeat it</h2>
        <p>Save the study below as <code>study.json</code>, then:</p>
        <pre>
npm run -s lab -- study run study.json --out DIR --backend ${backend}
npm run -s lab -- study report DIR</pre>
        <details>
          <summary>The study</summary>
          <pre>${JSON.stringify(study, null, 2)}</pre>
        </details>
        ${readingSections} ${sections} ${summary.aucs.map((table) => aucSection(study, table))}
        ${summary.changed.map(({ measure: id, rows }) => changedSection(study, measure(id).label, rows))}
        <script>
          ${{ html: plotly.replaceAll("</script", "<\\/script") }};
        </script>
        <script>
          const figures = ${scriptJson(figures)};
          figures.forEach(({ data, layout }, k) =>
            Plotly.newPlot("figure-" + k, data, layout, { responsive: true, displaylogo: false }),
          );
        </script>
      </body>
    </html> `;
  return page.html;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .75rem; text-align: left; }
caption { text-align: left; color: #555; padding-bottom: .25rem; }
pre { background: #f5f5f5; padding: .75rem; overflow-x: auto; }
.figure { height: 22rem; }
.note { color: #555; }
`;

function failures({ failures: found, rows }: StudySummary): Html {
  const count = found.reduce((sum, each) => sum + each.count, 0);
  if (count === 0) return html`<p>No run failed.</p>`;
  return html`<p>${count} of ${rows} runs failed and are in no number below:</p>
    <ul>
      ${found.slice(0, 20).map((each) => html`<li>${each.count} x ${each.code}: ${each.message}</li>`)}
    </ul>`;
}

function tableSection(study: Study, table: MeasureTable, figure: number | null): Html {
  const { label, unit, help } = measure(table.measure);
  return html`<h2 id="${anchorOf({ kind: "measure", id: table.measure })}">
      ${label}${unit === "" ? "" : ` (${unit})`}
    </h2>
    <p>${help}</p>
    ${figure === null ? html`<p>No run has this number.</p>` : html`<div class="figure" id="figure-${figure}"></div>`}
    <table>
      <caption>
        ${table.method}
        ${table.kind === "rate" ? "Share, interval, count of the runs in which it is defined." : "Mean, interval, number of runs."}
        An empty cell had none.
      </caption>
      <tr>
        ${study.axes.map((axis) => html`<th>${axisTitle(axis)}</th>`)}
        <th>${label}</th>
        <th>Runs</th>
        <th>Failed</th>
      </tr>
      ${table.cells.map(
        (cell) =>
          html`<tr>
            ${levelCells(study, cell.levels)}
            <td>${cellText(cell)}</td>
            <td>${cell.runs}</td>
            <td>${cell.failed}</td>
          </tr> `,
      )}
    </table>
    ${comparisons(study, table.comparisons)}`;
}

function levelCells(study: Study, levels: Readonly<Record<string, Cell>>): readonly Html[] {
  return study.axes.map(({ name }) => html`<td>${levelText(levels[name] ?? null)}</td>`);
}

function othersText(others: Readonly<Record<string, Cell>>): string {
  return Object.entries(others)
    .map(([name, level]) => `${name} ${levelText(level)}`)
    .join(", ");
}

const MOST_COMPARISONS = 60;

function comparisons(study: Study, found: readonly Comparison[]): Html {
  if (found.length === 0) return html``;
  const shown = found.slice(0, MOST_COMPARISONS);
  const left = found.length - shown.length;
  return html`<details>
    <summary>Against each axis's first level, over the same cases</summary>
    <table>
      <caption>
        Difference of means with its 95 % paired bootstrap interval over cases, each interval for
        itself. p: McNemar's exact test on the cases that differ; Holm: the same corrected for all
        ${found.length} comparisons of this
        measure.${left > 0 ? ` ${left} more are left out here.` : ""}
      </caption>
      <tr>
        <th>Axis</th>
        <th>Level</th>
        <th>Against</th>
        <th>Where</th>
        <th>Difference</th>
        <th>Cases</th>
        <th>Only first / only level</th>
        <th>p</th>
        <th>Holm</th>
      </tr>
      ${shown.map(
        ({ axis, level, reference, others, difference, interval, pairs, mcnemar }) =>
          html`<tr>
            <td>${titleOf(study, axis)}</td>
            <td>${levelText(level)}</td>
            <td>${levelText(reference)}</td>
            <td>${othersText(others)}</td>
            <td>${estimateText(difference, interval)}</td>
            <td>${pairs}</td>
            <td>${mcnemar ? `${mcnemar.onlyReference} / ${mcnemar.onlyLevel}` : ""}</td>
            <td>${mcnemar ? pText(mcnemar.p) : ""}</td>
            <td>${mcnemar ? pText(mcnemar.holm) : ""}</td>
          </tr> `,
      )}
    </table>
  </details>`;
}

function titleOf({ axes }: Study, name: string): string {
  const axis = axes.find((each) => each.name === name);
  return axis ? axisTitle(axis) : name;
}

function aucSection(study: Study, { score, cells }: AucTable): Html {
  return html`<h2>AUC of the ${measure(score).label.toLowerCase()}</h2>
    <table>
      <caption>
        How well the score ranks cases with the finding above cases without it. 95 % DeLong
        intervals; none where the two groups are separated without exception.
      </caption>
      <tr>
        ${study.axes.map((axis) => html`<th>${axisTitle(axis)}</th>`)}
        <th>AUC</th>
        <th>With</th>
        <th>Without</th>
      </tr>
      ${cells.map(
        ({ levels, auc }) =>
          html`<tr>
            ${levelCells(study, levels)}
            <td>${auc ? estimateText(auc.auc, auc.interval) : ""}</td>
            <td>${auc?.positives ?? ""}</td>
            <td>${auc?.negatives ?? ""}</td>
          </tr> `,
      )}
    </table>`;
}

function changedSection(study: Study, label: string, rows: readonly Changed[]): Html {
  if (rows.length === 0) return html``;
  return html`<h2>Another answer than under the first level: ${label.toLowerCase()}</h2>
    <table>
      <caption>
        Runs whose answer about the finding differs from that of the same case under the axis's
        first level. 95 % Wilson intervals; bootstrap over cases where a case has several runs under
        one level.
      </caption>
      <tr>
        <th>Axis</th>
        <th>Level</th>
        <th>Against</th>
        <th>Where</th>
        <th>Changed</th>
        <th>Of</th>
      </tr>
      ${rows.map(
        ({ axis, level, reference, others, count, pairs, interval }) =>
          html`<tr>
            <td>${titleOf(study, axis)}</td>
            <td>${levelText(level)}</td>
            <td>${levelText(reference)}</td>
            <td>${othersText(others)}</td>
            <td>${`${count}: ${estimateText(count / pairs, interval)}`}</td>
            <td>${pairs}</td>
          </tr> `,
      )}
    </table>`;
}
