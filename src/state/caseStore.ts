/** Radiographs at hand in this tab: a reader's own files by pixel hash, and the picture shown before the engine's arrives. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { PhantomSpec } from "../phantom/spec.ts";
import type { Radiograph } from "../image/radiograph.ts";

/** A radiograph as the model would see it, rendered by the page itself while the engine still loads. */
export interface Provisional {
  readonly size: number;
  readonly image: Float32Array;
  /** The phantom it shows, so that it is never taken for another one. */
  readonly phantom: PhantomSpec;
}

export interface CaseState {
  readonly radiographs: Readonly<Record<string, Radiograph>>;
  readonly provisional: Provisional | null;
  readonly opening: boolean;
  /** Items of the stack that were on when a film of the reader's was opened, which starts untouched. */
  readonly switchedOff: readonly string[];
  /** Of a picture out of several in a file, by its hash: that file, so that another of them can be chosen. */
  readonly manyFramed: Readonly<Record<string, File>>;
  /** @returns pixel hashes of films that were let go, so that a day of films does not fill the memory. */
  add(sha256: string, radiograph: Radiograph): readonly string[];
  /** Films of a study, which needs each of them until it ends: never let go. */
  keep(sha256: string, radiograph: Radiograph): void;
  /** Which file a picture came from, where that holds more of them. */
  remember(sha256: string, file: File): void;
  set(values: Partial<Pick<CaseState, "provisional" | "opening" | "switchedOff">>): void;
}

export type CaseStore = StoreApi<CaseState>;

/** Films are held by the page, by the engine, and for its restart: about seven of 3,000 x 3,000 each. */
const MOST_BYTES = 256 * 1024 ** 2;

export function createCaseStore(mostBytes = MOST_BYTES): CaseStore {
  const keptForever = new Set<string>();
  return createStore<CaseState>()((set, get) => ({
    radiographs: {},
    provisional: null,
    opening: false,
    switchedOff: [],
    manyFramed: {},
    add(sha256, radiograph) {
      const others = Object.entries(get().radiographs).filter(([each]) => each !== sha256);
      const films = [...others, [sha256, radiograph] as const];
      const free = films.filter(([each]) => !keptForever.has(each));
      let held = free.reduce((sum, [, film]) => sum + film.values.byteLength, 0);
      const gone = new Set<string>();
      // The oldest first, and never the one that was opened now.
      for (const [oldest, film] of free.slice(0, -1)) {
        if (held <= mostBytes) break;
        held -= film.values.byteLength;
        gone.add(oldest);
      }
      set({ radiographs: Object.fromEntries(films.filter(([each]) => !gone.has(each))) });
      return [...gone];
    },
    keep(sha256, radiograph) {
      keptForever.add(sha256);
      set(({ radiographs }) => ({ radiographs: { ...radiographs, [sha256]: radiograph } }));
    },
    remember: (sha256, file) =>
      set(({ manyFramed }) => ({ manyFramed: { ...manyFramed, [sha256]: file } })),
    set: (values) => set(values),
  }));
}
