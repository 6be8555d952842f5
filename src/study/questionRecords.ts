/** Rows of a question set under whatever names its columns have, from CSV or JSON. */
import { LabError } from "../errors/labError.ts";
import { parseCsvLines } from "./csv.ts";

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
  const [header = [], ...rows] = parseCsvLines(text);
  const names = header.map(normalized);
  return rows.flatMap((cells, k) => {
    const fields = names.flatMap((name, column): [string, string][] =>
      cells[column]?.trim() ? [[name, cells[column]]] : [],
    );
    return fields.length === 0 ? [] : [{ row: k + 2, fields: Object.fromEntries(fields) }];
  });
}

/** A list of records, an object that holds one list of them or is one, records by name, or one record a line (JSONL). */
function jsonRows(text: string): readonly RawRow[] {
  const list = listOfRecords(parsedJson(text));
  if (!list) throw new LabError("spec-invalid", "The question set holds no list of records.");
  return list.map((entry, k) => ({
    row: k + 1,
    fields: Object.fromEntries(
      Object.entries((entry ?? {}) as object).map(([name, value]) => [normalized(name), value]),
    ),
  }));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    try {
      if (lines.length > 1) return lines.map((line) => JSON.parse(line) as unknown);
    } catch {
      // Then it is neither.
    }
    throw new LabError("spec-invalid", "The question set begins like JSON, but is not JSON.", {
      cause,
    });
  }
}

function listOfRecords(parsed: unknown): readonly unknown[] | undefined {
  if (Array.isArray(parsed)) return parsed as readonly unknown[];
  const fields = Object.entries(parsed as object).map(([name, value]) => [normalized(name), value]);
  const names: readonly string[] = NAMES.question;
  if (fields.some(([name]) => names.includes(name as string))) return [parsed];
  const values = fields.map(([, value]) => value as unknown);
  const list = values.find((value) => Array.isArray(value));
  if (list) return list as readonly unknown[];
  const isByName = values.length > 0 && values.every((v) => typeof v === "object" && v !== null);
  return isByName ? values : undefined;
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
