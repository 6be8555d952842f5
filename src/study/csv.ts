/** Comma-separated values, RFC 4180. */
import type { Cell } from "./rowColumns.ts";

/**
 * Lines of cells; quotes may hold commas, line breaks and doubled quotes. Empty lines are left out. Where the first line has
 * no comma, cells may be parted by semicolons or tabs, as spreadsheets of many countries write them.
 */
export function parseCsv(text: string): string[][] {
  return linesOf(text).filter((row) => row.length > 1 || row[0] !== "");
}

/** The same with its empty lines, each of one empty cell, so that lines keep the numbers that a spreadsheet gives them. */
export function parseCsvLines(text: string): string[][] {
  return linesOf(text);
}

function linesOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const source = text.replace(/^\ufeff/, "");
  const separator = separatorOf(source);
  const endRow = () => {
    row.push(cell);
    rows.push(row);
    row = [];
    cell = "";
  };
  for (let i = 0; i < source.length; i++) {
    const character = source[i]!;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (source[i + 1] === '"') cell += source[++i]!;
      else isQuoted = false;
    } else if (character === '"' && cell === "") isQuoted = true;
    else if (character === separator) {
      row.push(cell);
      cell = "";
    } else if (character === "\n") endRow();
    else if (character !== "\r") cell += character;
  }
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}

function separatorOf(source: string): string {
  const [first = ""] = source.split(/\r?\n/, 1);
  return [",", ";", "\t"].find((each) => first.includes(each)) ?? ",";
}

/** One line without its end. */
export function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvCell).join(",");
}

function csvCell(cell: Cell): string {
  if (cell === null) return "";
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
