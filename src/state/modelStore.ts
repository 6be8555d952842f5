/** Readers' own models in this tab: the one being described, and those in use by id. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type {
  FolderCorrection,
  FolderProposal,
  OwnFolderFiles,
  OwnModelFiles,
  OwnModelProposal,
} from "../engine/protocol.ts";
import type { LabErrorData } from "../errors/labError.ts";
import type { ModelManifest } from "../model/manifest.ts";

/** What models need of the engine client. */
export interface ModelPort {
  proposeModel(files: OwnModelFiles): Promise<OwnModelProposal>;
  proposeFolder(files: OwnFolderFiles, correction: FolderCorrection): Promise<FolderProposal>;
  addModel(manifest: ModelManifest, files: OwnModelFiles | OwnFolderFiles): void;
}

/** One graph of what was dropped. */
export interface DraftGraph {
  readonly path: string;
  readonly files: OwnModelFiles;
  /** The manifest that was dropped with it, which then replaces the proposed one. */
  readonly manifest?: ModelManifest;
  readonly notices: readonly string[];
}

/** A model between drop and use. */
export interface ModelDraft {
  /** The engine's answers carry it: one about an earlier graph is no answer about this one. */
  readonly id: number;
  /** All that came together, the likeliest image encoder first. */
  readonly graphs: readonly DraftGraph[];
  /** Undefined until the reader says which. */
  readonly chosen: DraftGraph | undefined;
  /** What the engine makes of the graph; absent while it looks. */
  readonly proposed?: OwnModelProposal;
  readonly error?: LabErrorData;
}

/** A vision-language model in a folder, between drop and use. */
export interface FolderDraft {
  readonly id: number;
  readonly files: OwnFolderFiles;
  /** What the reader said otherwise than the lab found. */
  readonly correction: FolderCorrection;
  /** The same files as one encoder and graphs beside it, to open the image encoder alone. */
  readonly graphs: readonly DraftGraph[];
  /** Of a model that came with the page: what was measured of it. */
  readonly card?: string;
  readonly proposed?: FolderProposal;
  readonly error?: LabErrorData;
}

export interface ModelState {
  readonly draft: ModelDraft | null;
  readonly folder: FolderDraft | null;
  readonly own: Readonly<Record<string, ModelManifest>>;
  /** Addresses of what was measured of those that came with the page. */
  readonly cards: Readonly<Record<string, string>>;
  /** Begins a draft and returns its number. */
  open(graphs: readonly DraftGraph[], chosen: DraftGraph | undefined): number;
  /** What the engine makes of a draft, or why it can't; late news of an earlier draft is dropped. */
  described(draft: number, outcome: Pick<ModelDraft, "proposed" | "error">): void;
  /** Begins a draft of a folder, or its correction, and returns its number. */
  openFolder(folder: Pick<FolderDraft, "files" | "correction" | "graphs" | "card">): number;
  /** What the engine makes of a folder; late news of an earlier draft is dropped. */
  describedFolder(draft: number, outcome: Pick<FolderDraft, "proposed" | "error">): void;
  use(manifest: ModelManifest): void;
  close(): void;
}

export type ModelStore = StoreApi<ModelState>;

export function createModelStore(): ModelStore {
  let drafts = 0;
  return createStore<ModelState>()((set) => ({
    draft: null,
    folder: null,
    own: {},
    cards: {},
    open: (graphs, chosen) => {
      drafts++;
      set({ draft: { id: drafts, graphs, chosen }, folder: null });
      return drafts;
    },
    openFolder: ({ files, correction, graphs, card }) => {
      drafts++;
      // Field by field: a corrected draft brings its own id and proposal, under which the news of this one would be late.
      const folder = { id: drafts, files, correction, graphs, ...(card ? { card } : {}) };
      set({ folder, draft: null });
      return drafts;
    },
    describedFolder: (id, outcome) =>
      set(({ folder }) => (folder?.id === id ? { folder: { ...folder, ...outcome } } : {})),
    described: (id, outcome) =>
      set((state) => (state.draft?.id === id ? { draft: { ...state.draft, ...outcome } } : state)),
    use: (manifest) =>
      set(({ own, cards, folder }) => ({
        own: { ...own, [manifest.id]: manifest },
        cards: folder?.card ? { ...cards, [manifest.id]: folder.card } : cards,
        draft: null,
        folder: null,
      })),
    close: () => set({ draft: null, folder: null }),
  }));
}
