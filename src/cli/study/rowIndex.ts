/**
 * Where each row of a folder lies, by its key. A study of millions of rows asks for every key, so a row costs some fifty
 * bytes here, outside the heap that is collected: a map of strings and objects takes four times that.
 */

/** Of one row: its file by number, where its line begins, how long that is without the line's end, and whether it failed. */
export interface Place {
  readonly file: number;
  readonly offset: number;
  readonly length: number;
  readonly hasFailed: boolean;
}

/** Words of a key: 64 hex digits. */
const WORDS = 8;
const EMPTY = -1;
const FAILED = 128;
const GONE = 255;

export class RowIndex {
  #keys = new Uint32Array(WORDS * 1024);
  #offsets = new Float64Array(1024);
  #lengths = new Uint32Array(1024);
  /** The file's number, with FAILED; GONE for a row that was forgotten. */
  #marks = new Uint8Array(1024);
  /** Entry by hash, open addressing; twice as many as entries at least. */
  #slots = new Int32Array(4096).fill(EMPTY);
  #count = 0;
  #gone = 0;

  get size(): number {
    return this.#count - this.#gone;
  }

  get(key: string): Place | undefined {
    const entry = this.#find(wordsOf(key));
    if (entry < 0) return undefined;
    const mark = this.#marks[entry]!;
    return {
      file: mark & ~FAILED,
      offset: this.#offsets[entry]!,
      length: this.#lengths[entry]!,
      hasFailed: (mark & FAILED) !== 0,
    };
  }

  has(key: string): boolean {
    return this.#find(wordsOf(key)) >= 0;
  }

  set(key: string, { file, offset, length, hasFailed }: Place): void {
    const words = wordsOf(key);
    let entry = this.#find(words);
    if (entry < 0) {
      this.#makeRoom();
      entry = this.#count++;
      this.#keys.set(words, WORDS * entry);
      this.#place(entry);
    }
    this.#offsets[entry] = offset;
    this.#lengths[entry] = length;
    this.#marks[entry] = file | (hasFailed ? FAILED : 0);
  }

  delete(key: string): void {
    const entry = this.#find(wordsOf(key));
    if (entry < 0) return;
    this.#marks[entry] = GONE;
    this.#gone++;
  }

  clear(): void {
    this.#slots.fill(EMPTY);
    this.#count = 0;
    this.#gone = 0;
  }

  /** Keys in the order they came. */
  *keys(): Generator<string> {
    for (let entry = 0; entry < this.#count; entry++) {
      if (this.#marks[entry] === GONE) continue;
      const words = this.#keys.subarray(WORDS * entry, WORDS * (entry + 1));
      yield Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("");
    }
  }

  #find(words: Uint32Array): number {
    const mask = this.#slots.length - 1;
    // The key is a hash already.
    for (let slot = words[0]! & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === EMPTY) return EMPTY;
      if (this.#marks[entry] !== GONE && this.#isAt(entry, words)) return entry;
    }
  }

  #isAt(entry: number, words: Uint32Array): boolean {
    for (let k = 0; k < WORDS; k++) {
      if (this.#keys[WORDS * entry + k] !== words[k]) return false;
    }
    return true;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#keys[WORDS * entry]! & mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
    this.#slots[slot] = entry;
  }

  #makeRoom(): void {
    if (this.#count < this.#offsets.length) return;
    const room = 2 * this.#offsets.length;
    this.#keys = grown(this.#keys, new Uint32Array(WORDS * room));
    this.#offsets = grown(this.#offsets, new Float64Array(room));
    this.#lengths = grown(this.#lengths, new Uint32Array(room));
    this.#marks = grown(this.#marks, new Uint8Array(room));
    this.#slots = new Int32Array(4 * room).fill(EMPTY);
    for (let entry = 0; entry < this.#count; entry++) this.#place(entry);
  }
}

function grown<A extends { set(from: A): void }>(from: A, into: A): A {
  into.set(from);
  return into;
}

function wordsOf(key: string): Uint32Array {
  const words = new Uint32Array(WORDS);
  for (let k = 0; k < WORDS; k++) words[k] = Number.parseInt(key.slice(8 * k, 8 * k + 8), 16);
  return words;
}
