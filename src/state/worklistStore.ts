/** Several films at hand: files as they were picked, opened one at a time, with what the model said of each. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { FilmBoxes } from "../experiment/spec.ts";
import type { FrameOf } from "../image/radiograph.ts";

export interface WorklistEntry {
  readonly id: number;
  readonly file: File;
  /** Of a file that holds several pictures, which, from 0, and how many. */
  readonly picture?: FrameOf;
  /** Where a table that came with the films says that findings are. */
  readonly boxes?: FilmBoxes | undefined;
  /** Pixel hash, once it was opened. */
  readonly sha256?: string | undefined;
  /** Why it can't be opened. */
  readonly refusal?: string | undefined;
  /** What the model saw of it, small: `THUMB` x `THUMB` grey levels 0 to 255. */
  readonly thumb?: Uint8Array;
  /** Of the untouched film, by what was asked (asked.ts). */
  readonly answers: Readonly<Record<string, WorklistAnswer>>;
}

export interface WorklistAnswer {
  readonly text: string;
  /** About a film unlike all that the model knows: told once the reader has let it pass. */
  readonly isFar: boolean;
}

export interface WorklistState {
  readonly entries: readonly WorklistEntry[];
  /** Which entry was opened last: one film may lie in a folder twice, and its pixels alone do not tell which. */
  readonly last?: number | undefined;
  /** Going through all of them. */
  readonly isAsking: boolean;
  /** In the place of those before. */
  begin(files: readonly File[], boxes?: ReadonlyMap<File, FilmBoxes>): void;
  /** An entry whose file turned out to hold several pictures becomes one for each; the first keeps its place. */
  unfold(id: number, count: number): void;
  /** An entry was opened: its pixels have this hash. */
  open(id: number, sha256: string): void;
  update(id: number, values: Partial<Omit<WorklistEntry, "id" | "file">>): void;
  setAsking(isAsking: boolean): void;
  close(): void;
}

export type WorklistStore = StoreApi<WorklistState>;

export const THUMB = 48;

export function createWorklistStore(): WorklistStore {
  return createStore<WorklistState>()((set) => ({
    entries: [],
    isAsking: false,
    begin: (files, boxes) =>
      set({
        entries: files.map((file, id) => ({ id, file, answers: {}, boxes: boxes?.get(file) })),
        last: undefined,
        isAsking: false,
      }),
    unfold: (id, count) =>
      set(({ entries }) => {
        const next = Math.max(...entries.map((entry) => entry.id)) + 1;
        return {
          entries: entries.flatMap((entry) =>
            entry.id !== id || entry.picture
              ? [entry]
              : Array.from({ length: count }, (_, index) =>
                  index === 0
                    ? { ...entry, picture: { index, count } }
                    : {
                        id: next + index,
                        file: entry.file,
                        picture: { index, count },
                        answers: {},
                      },
                ),
          ),
        };
      }),
    open: (id, sha256) =>
      set(({ entries }) => ({
        last: id,
        entries: entries.map((entry) =>
          entry.id === id ? { ...entry, sha256, refusal: undefined } : entry,
        ),
      })),
    update: (id, values) =>
      set(({ entries }) => ({
        entries: entries.map((entry) => (entry.id === id ? { ...entry, ...values } : entry)),
      })),
    setAsking: (isAsking) => set({ isAsking }),
    close: () => set({ entries: [], isAsking: false }),
  }));
}

/** Where in the list the film on the bench stands: the entry that was opened last, or the first with its pixels; -1 for none. */
export function placeOf(
  { entries, last }: Pick<WorklistState, "entries" | "last">,
  shown: string | null,
): number {
  const isShown = ({ sha256 }: WorklistEntry) => sha256 !== undefined && sha256 === shown;
  const opened = entries.findIndex((entry) => entry.id === last && isShown(entry));
  return opened < 0 ? entries.findIndex(isShown) : opened;
}

/** Nearest pixels of a square picture, [size * size] in 0 to 1. */
export function thumbOf(image: Float32Array, size: number): Uint8Array {
  return Uint8Array.from({ length: THUMB * THUMB }, (_, k) => {
    const row = Math.floor(((Math.floor(k / THUMB) + 0.5) * size) / THUMB);
    const col = Math.floor((((k % THUMB) + 0.5) * size) / THUMB);
    return Math.round(255 * image[row * size + col]!);
  });
}
