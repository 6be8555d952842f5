/** What a whole study says, as sections of its report: sentence, numbers, tables, plots. */
import type {
  Lead,
  LinePlot,
  Quantity,
  ResultTable,
} from "../../experiment/instruments/instrumentResult.ts";
import type { PlotlyFigure } from "../../study/figurePlotly.ts";
import type { StudyReading } from "../../study/readings/reading.ts";
import { short } from "../../study/tableText.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";

/** What a link within the report points at. */
export function anchorOf({ kind, id }: Lead): string {
  return `${kind}-${id}`;
}

/** What a section needs of the report around it. */
export interface SectionPlace {
  /** Keeps a plot for the page's script and says which it is. */
  draw(figure: PlotlyFigure): number;
  /** Ids of the measures that have a table in the report. */
  readonly measures: readonly string[];
}

export function readingSection(
  { id, title, help, source, result }: StudyReading,
  { draw, measures }: SectionPlace,
): Html {
  const { statement, quantities, plots = [], tables = [], obstacle } = result;
  const numbers =
    quantities.length === 0
      ? html``
      : html`<table>
          <tr>
            <th>Number</th>
            <th>Value</th>
            <th>Unit</th>
            <th>n</th>
          </tr>
          ${quantities.map(
            (each) =>
              html`<tr>
                <td>${each.label}</td>
                <td>${valueText(each)}</td>
                <td>${each.unit}</td>
                <td>${each.n ?? ""}</td>
              </tr>`,
          )}
        </table>`;
  return html`<h2 id="${anchorOf({ kind: "reading", id })}">${title}</h2>
    <p>${help}</p>
    <p><b>${obstacle ?? statement}</b></p>
    ${numbers} ${tables.map((table) => tableOf(table, measures))}
    ${plots.map((plot) =>
      plot.kind === "lines"
        ? html`<div class="figure" id="figure-${draw(figureOf(plot))}"></div>`
        : html``,
    )}
    <p class="note">Source: ${source}.</p>`;
}

function tableOf({ title, columns, rows, leads }: ResultTable, measures: readonly string[]): Html {
  const linked = (cell: string | number | null, lead: Lead | null | undefined) => {
    const isThere = lead && (lead.kind === "reading" || measures.includes(lead.id));
    return isThere ? html`<a href="#${anchorOf(lead)}">${cellText(cell)}</a>` : cellText(cell);
  };
  return html`<table>
    <caption>
      ${title}
    </caption>
    <tr>
      ${columns.map((column) => html`<th>${column}</th>`)}
    </tr>
    ${rows.map(
      (row, r) =>
        html`<tr>
          ${row.map((cell, c) => html`<td>${linked(cell, c === row.length - 1 ? leads?.[r] : null)}</td>`)}
        </tr>`,
    )}
  </table>`;
}

export function readingMarkdown({ title, help, result }: StudyReading): string {
  const { statement, quantities, tables = [], obstacle } = result;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
    [line(columns), line(columns.map(() => "---")), ...rows.map((row) => line(row))].join("\n");
  return [
    `## ${title}`,
    help,
    `**${obstacle ?? statement}**`,
    ...(quantities.length === 0
      ? []
      : [
          table(
            ["Number", "Value", "Unit", "n"],
            quantities.map((each) => [
              each.label,
              valueText(each),
              each.unit,
              String(each.n ?? ""),
            ]),
          ),
        ]),
    ...tables.map(
      ({ title: name, columns, rows }) =>
        `${name}:\n\n${table(
          columns,
          rows.map((row) => row.map((cell) => cellText(cell))),
        )}`,
    ),
  ].join("\n\n");
}

function cellText(cell: string | number | null): string {
  if (typeof cell !== "number") return cell ?? "";
  return Number.isInteger(cell) ? String(cell) : short(cell);
}

function valueText({ value, interval, note }: Quantity): string {
  const beside = interval ? ` (${short(interval.low)} to ${short(interval.high)})` : "";
  const why = note === undefined ? "" : `, ${note}`;
  return `${Number.isFinite(value) ? short(value) : "none"}${beside}${why}`;
}

function figureOf({ title, x, y, series }: LinePlot): PlotlyFigure {
  const named = ({ label, unit }: LinePlot["x"]) => (unit === "" ? label : `${label} (${unit})`);
  return {
    data: series.map(({ name, x: xs, y: ys, mode }) => ({
      type: "scatter",
      name,
      x: Array.from(xs),
      y: Array.from(ys),
      mode: mode === "points" ? "markers" : "lines",
    })),
    layout: {
      title: { text: title },
      xaxis: { title: { text: named(x) } },
      yaxis: { title: { text: named(y) } },
    },
  };
}
