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
  add(sha256: string, radiograph: Radiograph): void;
  set(values: Partial<Pick<CaseState, "provisional" | "opening" | "switchedOff">>): void;
}

export type CaseStore = StoreApi<CaseState>;

export function createCaseStore(): CaseStore {
  return createStore<CaseState>()((set) => ({
    radiographs: {},
    provisional: null,
    opening: false,
    switchedOff: [],
    add: (sha256, radiograph) =>
      set(({ radiographs }) => ({ radiographs: { ...radiographs, [sha256]: radiograph } })),
    set: (values) => set(values),
  }));
}
