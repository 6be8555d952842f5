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
  /** Films unlike all that the model knows, by hash, whose answers the reader asked to see all the same. */
  readonly passed: readonly string[];
  /** Which file a film came from, by its hash: a handle, not the bytes, so that it can be read again, and another picture of it. */
  readonly files: Readonly<Record<string, File>>;
  /** @returns pixel hashes of films that were let go, so that a day of films does not fill the memory. */
  add(sha256: string, radiograph: Radiograph): readonly string[];
  /** Films of a study, which needs each of them until it ends: never let go. */
  keep(sha256: string, radiograph: Radiograph): void;
  /** Which file a film came from. */
  remember(sha256: string, file: File): void;
  set(values: Partial<Pick<CaseState, "provisional" | "opening" | "switchedOff" | "passed">>): void;
}

export type CaseStore = StoreApi<CaseState>;

/** Of a film's pixels as long as it is at hand: the page's, which a restart of the engine is given as well, and the engine's. */
const COPIES = 2;

/** All copies together: eight films of 2,000 x 2,000, three of 3,000 x 3,000; any other is read from its file again. */
const MOST_BYTES = 256 * 1024 ** 2;

/** A file from a disk is a name; one from an archive is in the browser's memory or its temporary files. */
const MOST_FILES = 100;

/** @param mostBytes of all copies together */
export function createCaseStore(mostBytes = MOST_BYTES): CaseStore {
  const keptForever = new Set<string>();
  return createStore<CaseState>()((set, get) => ({
    radiographs: {},
    provisional: null,
    opening: false,
    switchedOff: [],
    passed: [],
    files: {},
    add(sha256, radiograph) {
      const others = Object.entries(get().radiographs).filter(([each]) => each !== sha256);
      const films = [...others, [sha256, radiograph] as const];
      const free = films.filter(([each]) => !keptForever.has(each));
      let held = free.reduce((sum, [, film]) => sum + bytesHeld(film), 0);
      const gone = new Set<string>();
      // The oldest first, and never the one that was opened now.
      for (const [oldest, film] of free.slice(0, -1)) {
        if (held <= mostBytes) break;
        held -= bytesHeld(film);
        gone.add(oldest);
      }
      set({ radiographs: Object.fromEntries(films.filter(([each]) => !gone.has(each))) });
      return [...gone];
    },
    keep(sha256, radiograph) {
      keptForever.add(sha256);
      set(({ radiographs }) => ({ radiographs: { ...radiographs, [sha256]: radiograph } }));
    },
    remember(sha256, file) {
      const others = Object.entries(get().files).filter(([each]) => each !== sha256);
      set({ files: Object.fromEntries([...others, [sha256, file]].slice(-MOST_FILES)) });
    },
    set: (values) => set(values),
  }));
}

function bytesHeld({ values }: Radiograph): number {
  return COPIES * values.byteLength;
}
