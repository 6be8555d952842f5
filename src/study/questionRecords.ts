/** Rows of a question set under whatever names its columns have, from CSV or JSON. */
import { LabError } from "../errors/labError.ts";
import { parseCsv } from "./csv.ts";

export interface QuestionRecord {
  readonly row: number;
  /** "" where it says nothing. */
  readonly image: string;
  readonly question: string;
  readonly label: string;
  readonly paraphrases: readonly { readonly text: string; readonly phenomenon: string }[];
}

/** Names that releases give to the same thing, in lower case with underscores; the first that is there is read. */
const NAMES = {
  image: ["image", "image_path", "image_file", "image_id", "file", "filename", "dicom_id", "path"],
  question: ["question", "original_question", "original", "canonical_question"],
  label: ["label", "answer", "ground_truth", "gt", "gold"],
  paraphrases: ["paraphrases", "paraphrase", "paraphrased_question", "rephrased"],
  phenomenon: ["phenomenon", "phenomena", "linguistic_phenomenon", "strategy", "paraphrase_type"],
} as const;
type Field = keyof typeof NAMES;

/** @throws LabError "spec-invalid" for what is neither, or has no image or question */
export function recordsOf(text: string): readonly QuestionRecord[] {
  const isJson = /^\s*[[{]/.test(text);
  const rows = isJson ? jsonRows(text) : csvRows(text);
  const names = new Set(rows.flatMap(({ fields }) => Object.keys(fields)));
  for (const needed of ["image", "question"] as const) {
    if (rows.length === 0 || NAMES[needed].some((name) => names.has(name))) continue;
    throw new LabError("spec-invalid", `The question set has no ${needed}.`, {
      hint: `Its ${isJson ? "records" : "first line"} must name the columns image and question, and may name paraphrases, phenomenon and label.`,
    });
  }
  return rows.map(({ row, fields }) => {
    const read = (field: Field) => NAMES[field].map((name) => fields[name]).find((v) => v != null);
    return {
      row,
      image: asText(read("image")),
      question: asText(read("question")),
      label: asText(read("label")),
      paraphrases: paraphrasesIn(read("paraphrases"), read("phenomenon")),
    };
  });
}

interface RawRow {
  readonly row: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

function csvRows(text: string): readonly RawRow[] {
  const [header = [], ...rows] = parseCsv(text);
  const names = header.map(normalized);
  return rows.map((cells, k) => ({
    row: k + 2,
    fields: Object.fromEntries(
      names.flatMap((name, column) => (cells[column]?.trim() ? [[name, cells[column]]] : [])),
    ),
  }));
}

/** A list of records, or an object that holds one list of them. */
function jsonRows(text: string): readonly RawRow[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new LabError("spec-invalid", "The question set begins like JSON, but is not JSON.", {
      cause,
    });
  }
  const lists = Array.isArray(parsed) ? [parsed] : Object.values(parsed as object);
  const list = lists.find((each) => Array.isArray(each)) as readonly unknown[] | undefined;
  if (!list) throw new LabError("spec-invalid", "The question set holds no list of records.");
  return list.map((entry, k) => ({
    row: k + 1,
    fields: Object.fromEntries(
      Object.entries((entry ?? {}) as object).map(([name, value]) => [normalized(name), value]),
    ),
  }));
}

function normalized(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
}

/**
 * A list, a text that holds a JSON list, texts with bars between them, or texts by phenomenon. Phenomena are one for all of
 * them, or one for each in the same form.
 */
function paraphrasesIn(given: unknown, phenomenon: unknown): QuestionRecord["paraphrases"] {
  const named = listIn(phenomenon).map((each) => asText(each));
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    return Object.entries(given).flatMap(([name, texts]) =>
      listIn(texts).map((text) => ({ text: asText(text), phenomenon: name })),
    );
  }
  const list = listIn(given);
  return list
    .map((each, k) => {
      const own = typeof each === "object" && each !== null ? withNames(each) : { text: each };
      const shared = named.length === list.length ? named[k] : named[0];
      return {
        text: asText(own["text"] ?? own["question"] ?? own["paraphrase"]),
        phenomenon: asText(own["phenomenon"] ?? own["type"] ?? shared),
      };
    })
    .filter(({ text }) => text !== "");
}

function withNames(entry: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(entry).map(([name, v]) => [normalized(name), v]));
}

function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (value === undefined || value === null || value === "") return [];
  if (typeof value !== "string") return [value];
  if (/^\s*\[/.test(value)) {
    try {
      const parsed: unknown = JSON.parse(value);
      if (Array.isArray(parsed)) return parsed as readonly unknown[];
    } catch {
      // Then it is a text that begins with a bracket.
    }
  }
  return value.split("|").map((each) => each.trim());
}

function asText(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
