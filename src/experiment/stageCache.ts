/** Results of stages by the hash of what made them: a slider drag recomputes only what it touches. */
import { canonicalJson } from "../host/canonicalJson.ts";

/** A least-recently-used map. */
export class StageCache {
  readonly #capacity: number;
  readonly #entries = new Map<string, unknown>();

  constructor(capacity = 48) {
    this.#capacity = capacity;
  }

  get<T>(key: string): T | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value as T;
  }

  set(key: string, value: unknown): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    while (this.#entries.size > this.#capacity) {
      const oldest = this.#entries.keys().next().value;
      if (oldest === undefined) return;
      this.#entries.delete(oldest);
    }
  }

  get size(): number {
    return this.#entries.size;
  }
}

/**
 * Key of a stage: a 64-bit hash of its name, the spec slice it reads and its parents' keys, as 16 hex digits. The slice
 * must be JSON; property order is normalised, so that equal slices have equal keys.
 */
export function stageKey(stage: string, slice: unknown, parents: readonly string[] = []): string {
  return hash64(`${stage}|${canonicalJson(slice)}|${parents.join(",")}`);
}

/** Two FNV-1a passes over UTF-16 code units with different offsets. Names cache entries; not for security. */
function hash64(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code * 31 + i), 0x01000193);
  }
  return (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
}
