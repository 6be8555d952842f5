/**
 * A table of rectangles on films, one a line, in pixels of the film from its top left corner: file, finding, x, y, w, h. Headers as the
 * public lists of NIH's ChestX-ray14 and of the RSNA pneumonia challenge write them are read too.
 */
import { LabError } from "../errors/labError.ts";
import { SPEC_LIMITS } from "../experiment/params.ts";
import type { FilmBoxes } from "../experiment/spec.ts";
import { FINDING_TERMS } from "../language/questionBank.ts";
import { parseCsv, parseCsvLines } from "./csv.ts";

/** By what the header calls each column. */
const COLUMNS = {
  file: ["file", "image", "filename", "imageindex", "patientid", "imageid"],
  finding: ["finding", "findinglabel", "label", "classname"],
  x: ["x"],
  y: ["y"],
  width: ["w", "width"],
  height: ["h", "height"],
} as const;
/** RSNA's table names no finding: each row is about pneumonia, and says whether there is a box. */
const TARGET = "target";

type Columns = Readonly<Record<keyof typeof COLUMNS, number>>;

/** Whether a table's first line is one of rectangles. */
export function marksBoxes(text: string): boolean {
  const [header = []] = parseCsv(text.slice(0, 2000));
  const { x, y, width, height } = columnsOf(header);
  return [x, y, width, height].every((at) => at >= 0);
}

/** By film as the table names it. @throws LabError "spec-invalid" for a table that is none, naming its line */
export function boxesFrom(text: string): ReadonlyMap<string, FilmBoxes> {
  const [header = [], ...rows] = parseCsvLines(text);
  const at = columnsOf(header);
  const target = names(header).indexOf(TARGET);
  const missing = (["file", "x", "y", "width", "height"] as const).find((name) => at[name] < 0);
  if (missing !== undefined || (at.finding < 0 && target < 0)) {
    throw new LabError(
      "spec-invalid",
      `The table of boxes has no column for the ${missing ?? "finding"}.`,
      { hint: "Its first line names the columns: file,finding,x,y,w,h." },
    );
  }
  const byFilm = new Map<string, FilmBoxes[number][]>();
  for (const [k, row] of rows.entries()) {
    const line = k + 2;
    if (row.every((each) => each.trim() === "")) continue;
    const cell = (column: number): string => row[column]?.trim() ?? "";
    // A film without a box has a row of its own there.
    if (target >= 0 && cell(target) !== "1") continue;
    const film = cell(at.file);
    const box = {
      finding: at.finding < 0 ? "pneumonia" : findingNamed(cell(at.finding)),
      x: numberOf(cell(at.x), "x", line),
      y: numberOf(cell(at.y), "y", line),
      width: numberOf(cell(at.width), "w", line),
      height: numberOf(cell(at.height), "h", line),
    };
    if (film === "" || box.finding === "" || !(box.width > 0) || !(box.height > 0)) {
      throw new LabError(
        "spec-invalid",
        `Line ${line} of the boxes is no box: it needs a file, a finding, and a width and height above 0.`,
        { hint: "Correct the line or leave it out." },
      );
    }
    const boxes = byFilm.get(film) ?? [];
    boxes.push(box);
    byFilm.set(film, boxes);
    if (boxes.length > SPEC_LIMITS.boxes) {
      throw new LabError(
        "spec-invalid",
        `${film} has more than ${SPEC_LIMITS.boxes} boxes (line ${line}).`,
        { hint: "Leave some out." },
      );
    }
  }
  return byFilm;
}

/** Of a film by its whole path, its name, or its name without an ending (as RSNA's table has it). */
export function boxesOf(
  table: ReadonlyMap<string, FilmBoxes>,
  path: string,
): FilmBoxes | undefined {
  const name = path.split("/").at(-1)!;
  return table.get(path) ?? table.get(name) ?? table.get(name.replace(/\.[^.]+$/, ""));
}

function columnsOf(header: readonly string[]): Columns {
  const found = names(header);
  const at = (name: keyof typeof COLUMNS) =>
    found.findIndex((each) => (COLUMNS[name] as readonly string[]).includes(each));
  return {
    file: at("file"),
    finding: at("finding"),
    x: at("x"),
    y: at("y"),
    width: at("width"),
    height: at("height"),
  };
}

/** NIH's header is "Image Index,Finding Label,Bbox [x,y,w,h],,,". */
function names(header: readonly string[]): readonly string[] {
  return header.map((name) => name.toLowerCase().replaceAll(/bbox|[^a-z]/g, ""));
}

function numberOf(cell: string, column: string, line: number): number {
  const value = Number(cell);
  if (cell !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new LabError(
    "spec-invalid",
    `Line ${line} of the boxes says "${cell.slice(0, 20)}" for ${column}, but must say a number of pixels from 0.`,
    { hint: "x and y are the box's left top corner on the film, w and h its size." },
  );
}

/** The finding's id where questions ask about it, whatever it is called; otherwise the name as it stands. */
function findingNamed(name: string): string {
  const wanted = name.toLowerCase().replaceAll("_", " ");
  const known = FINDING_TERMS.find(({ id, term, synonyms }) =>
    [id, term, ...synonyms.flatMap((each) => (each.equivalent ? [each.term] : []))].some(
      (each) => each.toLowerCase() === wanted,
    ),
  );
  return known?.id ?? wanted.slice(0, 40);
}
