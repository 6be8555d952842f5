/**
 * The folder of a study's run: study.json, rows.jsonl (one row a line, appended as rows come, so that a killed run loses
 * at most the line it was writing) and rows.parquet (made of it at the end).
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { LabError } from "../../errors/labError.ts";
import { extraStages } from "../../study/measures.ts";
import { planRuns } from "../../study/plan.ts";
import type { Row } from "../../study/rowColumns.ts";
import { ROW_VERSION, rowKey } from "../../study/rowKey.ts";
import type { RowMaker } from "../../study/rowKey.ts";
import { columnsOf, placedRow } from "../../study/rows.ts";
import { measuresOf, parseStudy } from "../../study/schema.ts";
import type { Study } from "../../study/schema.ts";
import { RowIndex } from "./rowIndex.ts";
import { jsonOf } from "./studyFile.ts";
import { parquetFile } from "./parquetFile.ts";

const ROWS = "rows.jsonl";
/** Rows that an earlier form of the study asked for: kept, because they cost something. */
const SPARE = "spare.jsonl";
const CHUNK = 1 << 20;

/** By the number that the index knows them by. */
const FILES = [ROWS, SPARE] as const;

/** For an index that only says which rows there are. */
const NOWHERE = { file: 0, offset: 0, length: 0, hasFailed: false };

export class RowFolder {
  readonly path: string;
  readonly #places = new RowIndex();
  readonly #open = new Map<string, number>();
  #end = 0;
  #isOwner = false;

  private constructor(folder: string) {
    this.path = folder;
  }

  /** A folder to write into; made where there is none. @throws LabError "not-found" when that can't be */
  static create(folder: string): RowFolder {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw cannotWrite(folder, cause);
    }
    const made = new RowFolder(folder);
    made.#takeLock();
    made.#index(ROWS, true);
    made.#index(SPARE, false);
    return made;
  }

  /** A folder that is only read. @throws LabError "not-found" */
  static read(folder: string): RowFolder {
    if (!existsSync(path.join(folder, ROWS))) {
      throw new LabError("not-found", `There are no rows in ${folder}.`, {
        hint: "Name a folder that `lab study run STUDY.json --out DIR` made.",
      });
    }
    const made = new RowFolder(folder);
    made.#index(ROWS, false);
    made.#index(SPARE, false);
    return made;
  }

  get size(): number {
    return this.#places.size;
  }

  keys(): Iterable<string> {
    return this.#places.keys();
  }

  /** Of the rows that the study asked for when it was last run. */
  *tableKeys(): Generator<string> {
    for (const key of this.#places.keys()) {
      if (FILES[this.#places.get(key)!.file] === ROWS) yield key;
    }
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  hasFailed(key: string): boolean {
    return this.#places.get(key)?.hasFailed ?? false;
  }

  /** What is to be computed again is forgotten here and written anew later. */
  forget(key: string): void {
    this.#places.delete(key);
  }

  append(row: Row): void {
    const bytes = Buffer.from(`${JSON.stringify(row)}\n`);
    const file = this.#file(ROWS, "a+");
    writeSync(file, bytes);
    this.#places.set(String(row.key), {
      file: FILES.indexOf(ROWS),
      offset: this.#end,
      length: bytes.length - 1,
      hasFailed: row.errorCode !== null,
    });
    this.#end += bytes.length;
  }

  get(key: string): Row | undefined {
    const place = this.#places.get(key);
    if (!place) return undefined;
    const bytes = Buffer.alloc(place.length);
    readSync(this.#file(FILES[place.file]!, "r"), bytes, 0, place.length, place.offset);
    return JSON.parse(bytes.toString("utf8")) as Row;
  }

  async study(): Promise<Study> {
    return parseStudy(await jsonOf(path.join(this.path, "study.json")));
  }

  keepStudy(study: Study): void {
    writeFileSync(path.join(this.path, "study.json"), `${JSON.stringify(study, null, 2)}\n`);
  }

  /** The study's rows that are there, in the plan's order and with the study's columns. */
  async *rows(study: Study, maker: RowMaker): AsyncGenerator<Row> {
    const columns = columnsOf(study);
    const stages = extraStages(measuresOf(study));
    for (const run of planRuns(study)) {
      const row = this.get(await rowKey(run, stages, maker));
      if (row) yield placedRow(row, run, columns);
    }
  }

  /**
   * Puts rows.jsonl into the plan's order and writes rows.parquet. What the study no longer asks for goes to spare.jsonl.
   * @returns rows in the table.
   */
  async tidy(study: Study, maker: RowMaker): Promise<number> {
    const target = (name: string) => path.join(this.path, name);
    const parquet = parquetFile(target("rows.parquet.new"), columnsOf(study), {
      penumbra: JSON.stringify({ study: study.name, rowVersion: ROW_VERSION }),
    });
    const lines = openSync(target(`${ROWS}.new`), "w");
    const used = new RowIndex();
    let count = 0;
    for await (const row of this.rows(study, maker)) {
      writeSync(lines, `${JSON.stringify(row)}\n`);
      await parquet.add(row);
      used.set(String(row.key), NOWHERE);
      count++;
    }
    closeSync(lines);
    await parquet.finish();
    const spareText: string[] = [];
    for (const key of this.#places.keys()) {
      if (!used.has(key)) spareText.push(`${JSON.stringify(this.get(key))}\n`);
    }
    this.#closeFiles();
    if (spareText.length > 0) writeFileSync(target(`${SPARE}.new`), spareText.join(""));
    renameSync(target("rows.parquet.new"), target("rows.parquet"));
    if (spareText.length > 0) renameSync(target(`${SPARE}.new`), target(SPARE));
    else rmSync(target(SPARE), { force: true });
    renameSync(target(`${ROWS}.new`), target(ROWS));
    this.#places.clear();
    this.#index(ROWS, false);
    this.#index(SPARE, false);
    return count;
  }

  /** Lets other processes write here. */
  close(): void {
    this.#closeFiles();
    if (this.#isOwner) rmSync(path.join(this.path, LOCK), { force: true });
  }

  #closeFiles(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #file(name: string, flags: string): number {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opened = openSync(path.join(this.path, name), flags);
    this.#open.set(name, opened);
    return opened;
  }

  /** Where each row lies. A last line that was cut off is cut away where the folder is written. */
  #index(name: string, isWritten: boolean): void {
    if (!existsSync(path.join(this.path, name))) {
      if (name === ROWS) this.#end = 0;
      return;
    }
    const file = this.#file(name, isWritten ? "a+" : "r");
    let rest = Buffer.alloc(0);
    let offset = 0;
    const size = fstatSync(file).size;
    for (let at = 0; at < size;) {
      const chunk = Buffer.alloc(Math.min(CHUNK, size - at));
      at += readSync(file, chunk, 0, chunk.length, at);
      rest = Buffer.concat([rest, chunk]);
      let from = 0;
      for (let to = rest.indexOf(10); to >= 0; to = rest.indexOf(10, from)) {
        this.#note(name, rest.subarray(from, to), offset + from);
        from = to + 1;
      }
      offset += from;
      rest = rest.subarray(from);
    }
    if (name === ROWS) this.#end = offset;
    if (rest.length > 0 && isWritten) ftruncateSync(this.#writable(name), offset);
  }

  #note(name: string, line: Buffer, offset: number): void {
    const text = line.toString("utf8");
    const key = /^\{"key":"([0-9a-f]{64})"/.exec(text)?.[1];
    // The table's own rows come before spare ones.
    if (key === undefined || (name === SPARE && this.#places.has(key))) return;
    const hasFailed = !text.includes('"errorCode":null');
    const file = name === ROWS ? FILES.indexOf(ROWS) : FILES.indexOf(SPARE);
    this.#places.set(key, { file, offset, length: line.length, hasFailed });
  }

  #writable(name: string): number {
    this.#closeFiles();
    return this.#file(name, "r+");
  }

  #takeLock(): void {
    const lock = path.join(this.path, LOCK);
    const owner = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : undefined;
    if (owner !== undefined && owner !== process.pid && isRunning(owner)) {
      throw new LabError("spec-invalid", `Process ${owner} is writing rows into ${this.path}.`, {
        hint: "Wait for it, or name another folder and merge the two later.",
      });
    }
    writeFileSync(lock, String(process.pid));
    this.#isOwner = true;
  }
}

const LOCK = "writing.pid";

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function cannotWrite(folder: string, cause: unknown): LabError {
  const { code } = cause as NodeJS.ErrnoException;
  return new LabError("not-found", `The folder ${folder} can't be made (${code}).`, { cause });
}

/** SHA-256 of a text's UTF-8 bytes, in hex. */
export function sha256Text(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
