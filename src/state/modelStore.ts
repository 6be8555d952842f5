/** Readers' own models in this tab: the one being described, and those in use by id. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { EngineEvent, OwnModelFiles, OwnModelProposal } from "../engine/protocol.ts";
import type { LabErrorData } from "../errors/labError.ts";
import type { ModelManifest } from "../model/manifest.ts";

/** What models need of the engine client. */
export interface ModelPort {
  proposeModel(files: OwnModelFiles): void;
  addModel(manifest: ModelManifest, files: OwnModelFiles): void;
}

/** A model between drop and use. */
export interface ModelDraft {
  readonly files: OwnModelFiles;
  /** The manifest that was dropped with it, which then replaces the proposed one. */
  readonly dropped?: ModelManifest;
  /** What the engine makes of the graph; absent while it looks. */
  readonly proposed?: OwnModelProposal;
  readonly error?: LabErrorData;
}

export interface ModelState {
  readonly draft: ModelDraft | null;
  readonly own: Readonly<Record<string, ModelManifest>>;
  open(files: OwnModelFiles, dropped?: ModelManifest): void;
  apply(event: EngineEvent): void;
  use(manifest: ModelManifest): void;
  close(): void;
}

export type ModelStore = StoreApi<ModelState>;

export function createModelStore(): ModelStore {
  return createStore<ModelState>()((set) => ({
    draft: null,
    own: {},
    open: (files, dropped) => set({ draft: { files, ...(dropped ? { dropped } : {}) } }),
    apply: (event) =>
      set((state) => {
        if (!state.draft) return state;
        if (event.type === "proposal") {
          return { draft: { ...state.draft, proposed: event.proposed } };
        }
        if (event.type === "proposalFailed") {
          return { draft: { ...state.draft, error: event.error } };
        }
        return state;
      }),
    use: (manifest) =>
      set(({ own }) => ({ own: { ...own, [manifest.id]: manifest }, draft: null })),
    close: () => set({ draft: null }),
  }));
}
