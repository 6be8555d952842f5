/** The columns that every row has, whatever its axes and measures. */

export type ColumnType = "text" | "number" | "flag";

export const FIXED_COLUMNS = {
  key: { type: "text", help: "Content key: names the run by all that decides its numbers." },
  case: { type: "text", help: "The phantom by its seed, or the file by the start of its hash." },
  repeat: { type: "number", help: "0 for the first; repeats differ in their seeds." },
  model: { type: "text", help: "Model id." },
  precision: { type: "text", help: "Precision of its weights." },
  modelSha256: { type: "text", help: "Hashes of the graphs that ran, joined." },
  graphs: {
    type: "text",
    help: "What its numbers rest on beside those graphs (tokenizer, linked graphs, other models), with hashes.",
  },
  backend: { type: "text", help: "native, wasm or webgpu." },
  asked: { type: "text", help: "The question, in the words that were asked." },
  errorCode: { type: "text", help: "What went wrong, by kind; empty where nothing did." },
  error: { type: "text", help: "What went wrong, as a sentence; empty where nothing did." },
  elapsedMs: {
    type: "number",
    help: "Time this run took, in ms.",
  },
  spec: { type: "text", help: "The experiment as JSON: `lab run` and the page open it." },
} as const satisfies Readonly<Record<string, { readonly type: ColumnType; readonly help: string }>>;
export type FixedColumn = keyof typeof FIXED_COLUMNS;

/** Of all columns those that differ between two runs of the same study. */
export const TIME_COLUMNS = ["elapsedMs", "latency"] as const;

/** A row without its times: the same for everyone who makes it. */
export function timeless(row: Row): Row {
  return { ...row, ...Object.fromEntries(TIME_COLUMNS.map((name) => [name, null])) };
}

export type Cell = string | number | boolean | null;

/** One run, flat: the fixed columns, one per axis, one per measure. */
export type Row = Readonly<Record<FixedColumn, Cell>> & Readonly<Record<string, Cell>>;
