/** The page itself: whether this browser keeps it for a visit without a network, and whether a newer one is waiting. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";

/**
 * "insecure": plain http, where browsers keep nothing; "refused": the browser keeps nothing for this page; "keeping": it is
 * being kept; "kept": it opens without a network.
 */
export type PageKeeping = "insecure" | "refused" | "keeping" | "kept";

export interface PageState {
  readonly keeping: PageKeeping;
  /** A newer version is here and waits for a reload. */
  readonly isNewerReady: boolean;
  /** The light theme is on screen. */
  readonly isLight: boolean;
  set(values: Partial<Omit<PageState, "set">>): void;
}

export type PageStore = StoreApi<PageState>;

export function createPageStore(): PageStore {
  return createStore<PageState>()((set) => ({
    keeping: "keeping",
    isNewerReady: false,
    isLight: false,
    set: (values) => set(values),
  }));
}
