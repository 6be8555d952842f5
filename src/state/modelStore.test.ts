import { expect, it } from "vitest";
import type { FolderProposal, OwnModelProposal } from "../engine/protocol.ts";
import { createModelStore } from "./modelStore.ts";
import type { DraftGraph } from "./modelStore.ts";

const graph = (path: string): DraftGraph => ({
  path,
  files: { name: path, graph: new Blob([]), weights: {} },
  notices: [],
});
const answer = (name: string) => ({ proposed: { manifest: { name } } as OwnModelProposal });

it("takes no answer about an earlier graph for one about the graph that is open", () => {
  const store = createModelStore();
  const [a, b] = [graph("a.onnx"), graph("b.onnx")];
  const first = store.getState().open([a], a);
  const second = store.getState().open([a, b], b);
  store.getState().described(first, answer("a"));
  expect(store.getState().draft).toMatchObject({ id: second, chosen: b });
  expect(store.getState().draft!.proposed).toBeUndefined();
  const error = { code: "graph-invalid", message: "Of a." } as const;
  store.getState().described(first, { error });
  expect(store.getState().draft!.error).toBeUndefined();
  store.getState().described(second, answer("b"));
  expect(store.getState().draft!.proposed!.manifest.name).toBe("b");
});

it("takes the news of a corrected folder, and shows nothing of the proposal before it", () => {
  const store = createModelStore();
  const proposal = (name: string) => ({ proposed: { manifest: { name } } as FolderProposal });
  const first = store.getState().openFolder({ files: { folder: {} }, correction: {}, graphs: [] });
  store.getState().describedFolder(first, proposal("found"));
  // As the dialog corrects it: the whole draft, with something said otherwise.
  const draft = store.getState().folder!;
  const correction = { spoken: { yes: ["yes", "this"], no: ["no"] } };
  const second = store.getState().openFolder({ ...draft, correction });
  expect(store.getState().folder).toMatchObject({ id: second, correction });
  expect(store.getState().folder!.proposed).toBeUndefined();
  store.getState().describedFolder(second, proposal("corrected"));
  expect(store.getState().folder!.proposed!.manifest.name).toBe("corrected");
});

it("keeps where a model that came with the page tells its measurements, and none for a dropped one", () => {
  const store = createModelStore();
  const named = (id: string) => ({ id }) as Parameters<ReturnType<typeof store.getState>["use"]>[0];
  const folder = { files: { folder: {} }, correction: {}, graphs: [] };
  store.getState().openFolder({ ...folder, card: "models/llava-mini/card.md" });
  store.getState().use(named("own-a"));
  store.getState().openFolder(folder);
  store.getState().use(named("own-b"));
  expect(store.getState().cards).toEqual({ "own-a": "models/llava-mini/card.md" });
});
