/** Kept models over a browser's private file system, and what a hub that breaks off, lies or lacks something does to them. */
import { createHash } from "node:crypto";
import { beforeEach, expect, it, vi } from "vitest";
import { FakeFolder, fakeStorage } from "../../testing/fakeFileSystem.ts";
import type { HubModel } from "./hub.ts";
import type { DroppedFile } from "./droppedFiles.ts";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
const shelf = await import("./modelShelf.ts");
const hub = await import("./hub.ts");
const { openFolderHandle } = await import("./folderHandles.ts");

let room: { left: number };
beforeEach(() => {
  const fake = fakeStorage();
  room = fake.room;
  vi.stubGlobal("navigator", { storage: fake.storage });
});

const dropped = (path: string, content: string | Uint8Array): DroppedFile => ({
  path,
  file: new File([content as BlobPart], path.split("/").at(-1)!),
});
const quiet = () => {};

it("a copy of a folder comes back file by file, is listed once, and is gone when it is forgotten", async () => {
  const told: number[] = [];
  const files = [dropped("m/config.json", "{}"), dropped("m/onnx/x.onnx", "weights")];
  await shelf.keepCopy({ id: "own-1", name: "Mine" }, files, (done) => told.push(done));
  await shelf.keepCopy({ id: "own-1", name: "Mine again" }, files, quiet);
  expect(told).toEqual([2, 9]);
  const [kept, ...more] = await shelf.keptModels();
  expect(more).toEqual([]);
  expect(kept).toMatchObject({ id: "own-1", name: "Mine again", isWhole: true });
  const back = await shelf.filesOf(kept!);
  expect(back.map(({ path }) => path)).toEqual(["m/config.json", "m/onnx/x.onnx"]);
  expect(await back[1]!.file.text()).toBe("weights");
  await shelf.forget("own-1");
  expect(await shelf.keptModels()).toEqual([]);
  await expect(shelf.filesOf(kept!)).rejects.toThrow(/lost a part of m\/config\.json of Mine/);
});

it("says before anything is written that there is no room, and in one sentence that it ran out of it", async () => {
  room.left = 5;
  const files = [dropped("m/a.onnx", "weights")];
  await expect(shelf.keepCopy({ id: "a", name: "A" }, files, quiet)).rejects.toMatchObject({
    code: "graph-too-large",
    message: "This takes 0.00 GB, and the browser keeps 0.00 GB more for this page.",
  });
  expect(await shelf.keptModels()).toEqual([]);
  const parts = await shelf.partsOf("b", 0);
  await parts.add(new Blob(["four"]));
  await expect(parts.add(new Blob(["five more"]))).rejects.toThrow("would not keep any more");
  expect((await shelf.partsOf("b", 0)).bytes).toBe(4);
});

it("keeps nothing, and says so, where the browser keeps no files for the page", async () => {
  vi.stubGlobal("navigator", { storage: {} });
  expect(await shelf.keptModels()).toEqual([]);
  expect(await shelf.roomLeft()).toBeUndefined();
  await expect(shelf.partsOf("a", 0)).rejects.toThrow("This browser keeps no files for this page.");
});

/** A little more than one part. */
const WEIGHTS = new Uint8Array(shelf.PART_BYTES + 3).map((_, i) => i % 251);
const CONFIG = JSON.stringify({ model_type: "clip" });
const EMPTY = "{}";
const sha = (content: string | Uint8Array, kind: string) =>
  createHash(kind).update(content).digest("hex");

/** A hub behind the page's server; `fail` is asked about each request. */
function fakeHub(fail: (address: string, range: string) => Response | Error | undefined) {
  const asked: string[] = [];
  const files: Record<string, string | Uint8Array> = {
    "config.json": CONFIG,
    "onnx/model.onnx": WEIGHTS,
    "preprocessor_config.json": EMPTY,
    "tokenizer.json": EMPTY,
  };
  const answers = async (address: string, { headers }: RequestInit = {}): Promise<Response> => {
    const range = new Headers(headers).get("Range") ?? "";
    asked.push(`${address} ${range}`.trim());
    const failure = fail(address, range);
    if (failure instanceof Error) throw failure;
    if (failure) return failure;
    if (address.endsWith("about.json")) return Response.json({ host: "hub.test" });
    if (address.includes("/revision/")) return Response.json({ sha: "0123456789abcdef" });
    if (address.includes("/tree/")) return Response.json(Object.entries(files).map(entryOf));
    const content = files[address.split("/resolve/0123456789abcdef/")[1]!]!;
    const bytes = Buffer.from(content);
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(range) ?? [];
    if (from === undefined) return new Response(bytes);
    return new Response(bytes.subarray(Number(from), Number(to) + 1), { status: 206 });
  };
  vi.stubGlobal("fetch", answers);
  return asked;
}

function entryOf([path, content]: readonly [string, string | Uint8Array]) {
  const lfs = { oid: sha(content, "sha256"), size: content.length };
  const blob = Buffer.concat([Buffer.from(`blob ${content.length}\0`), Buffer.from(content)]);
  const isLarge = path.endsWith(".onnx");
  return {
    type: "file",
    path,
    size: isLarge ? 130 : content.length,
    oid: sha(blob, "sha1"),
    ...(isLarge ? { lfs } : {}),
  };
}

const fetchAll = (model: HubModel, onBytes: (bytes: number) => void = quiet) =>
  hub.fetchModel(model, "fp32", { onBytes, signal: new AbortController().signal });

it("a download that breaks off goes on at its part, is told by bytes, and is checked by the hub's hashes", async () => {
  let isBroken = true;
  const asked = fakeHub((_, range) =>
    isBroken && range === `bytes=${shelf.PART_BYTES}-${WEIGHTS.length - 1}`
      ? new TypeError("network")
      : undefined,
  );
  expect(await hub.hubHost()).toBe("hub.test");
  const model = await hub.lookUp("a/b", "hub.test");
  const all = CONFIG.length + WEIGHTS.length + 2 * EMPTY.length;
  expect(hub.filesFor(model, "fp32").reduce((sum, { bytes }) => sum + bytes, 0)).toBe(all);
  await expect(fetchAll(model)).rejects.toThrow("The connection to the hub broke off.");
  const [unfinished] = await shelf.keptModels();
  expect(unfinished).toMatchObject({ name: "a/b (fp32)", isWhole: false });
  isBroken = false;
  const before = asked.length;
  const told: number[] = [];
  const kept = await fetchAll(model, (bytes) => told.push(bytes));
  // The rest alone, and of nothing else a byte.
  expect(asked.slice(before)).toEqual([
    expect.stringContaining(`onnx/model.onnx bytes=${shelf.PART_BYTES}-`),
    expect.stringContaining("preprocessor_config.json bytes=0-1"),
    expect.stringContaining("tokenizer.json bytes=0-1"),
  ]);
  expect(told).toEqual([all - 7, all - 4, all - 2, all]);
  expect(kept?.isWhole).toBe(true);
  const graph = (await shelf.filesOf(kept!)).find(({ path }) => path === "onnx/model.onnx")!;
  expect(sha(new Uint8Array(await graph.file.arrayBuffer()), "sha256")).toBe(
    sha(WEIGHTS, "sha256"),
  );
});

it("what is not what the hub says it has is thrown away and never called whole", async () => {
  fakeHub((address) =>
    address.endsWith("tokenizer.json") ? new Response("[]", { status: 206 }) : undefined,
  );
  const model = await hub.lookUp("a/b", "hub.test");
  const small = { ...model, files: model.files.filter(({ path }) => !path.endsWith(".onnx")) };
  await expect(fetchAll(small)).rejects.toMatchObject({
    code: "model-damaged",
    message: "tokenizer.json is not the file that the hub says it has.",
  });
  const [kept] = await shelf.keptModels();
  expect(kept!.isWhole).toBe(false);
  await expect(shelf.filesOf(kept!)).rejects.toThrow("lost a part of tokenizer.json");
});

it.each([
  [401, /no such model that is open to everybody/],
  [502, /The hub at hub\.test does not answer/],
])("a hub that answers %d is told of in a sentence", async (status, sentence) => {
  fakeHub(() => new Response("The hub at hub.test does not answer (X).", { status }));
  await expect(hub.lookUp("a/b", "hub.test")).rejects.toThrow(sentence);
  await expect(hub.lookUp("no name", "hub.test")).rejects.toThrow("OWNER/NAME is meant");
});

it("tells what a download takes before it fetches, and a stopped one fetches no more", async () => {
  const asked = fakeHub(() => undefined);
  const model = await hub.lookUp("a/b", "hub.test");
  room.left = 1000;
  const before = asked.length;
  await expect(fetchAll(model)).rejects.toThrow(
    /This takes 0\.02 GB, and the browser keeps 0\.00 GB more/,
  );
  room.left = Infinity;
  const stopped = AbortSignal.abort();
  expect(await hub.fetchModel(model, "fp32", { onBytes: quiet, signal: stopped })).toBeUndefined();
  expect(asked.length - before).toBeLessThanOrEqual(1);
});

async function folderOnDisk(files: number) {
  const root = new FakeFolder("mine");
  const onnx = await root.getDirectoryHandle("onnx", { create: true });
  for (const [folder, name] of [
    [root, "config.json"],
    [root, ".DS_Store"],
    [onnx, "x.onnx"],
  ] as const) {
    await folder.getFileHandle(name, { create: true });
  }
  for (let k = 0; k < files; k++) await root.getFileHandle(`${k}.bin`, { create: true });
  return root;
}

it("a remembered folder is read with leave, without what systems put there, and not without end", async () => {
  const root = await folderOnDisk(0);
  const leave = (state: string) =>
    Object.assign(root, { requestPermission: async () => state }) as never;
  const read = await openFolderHandle({ handle: leave("granted") });
  expect(read?.map(({ path }) => path).toSorted()).toEqual([
    "mine/config.json",
    "mine/onnx/x.onnx",
  ]);
  expect(await openFolderHandle({ handle: leave("denied") })).toBeUndefined();
  const home = await openFolderHandle({ handle: (await folderOnDisk(3000)) as never });
  expect(home).toHaveLength(2000);
});
