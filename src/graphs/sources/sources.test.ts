/** One contract for every way to a model's files: a folder on a server, dropped files, a folder on disk. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { folderSource } from "../../cli/modelFiles.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { readFile, readJson } from "./byteSource.ts";
import type { ByteSource } from "./byteSource.ts";
import { droppedSource } from "./dropped.ts";
import { httpSource } from "./http.ts";
import type { FileProgress } from "./http.ts";
import { LargestTotal } from "./sizeLimit.ts";

const FILES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "model.onnx": Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 251),
  "manifest.json": new TextEncoder().encode('{"format": 1}'),
  "broken.json": new TextEncoder().encode('{"format": '),
};

const told: FileProgress[] = [];
let folder: string;
const sources: Record<string, () => ByteSource> = {
  http: () => httpSource("https://lab.example/models/base/", (progress) => told.push(progress)),
  dropped: () =>
    droppedSource({
      name: "model.onnx",
      graph: new Blob([FILES["model.onnx"]!]),
      weights: Object.fromEntries(
        ["manifest.json", "broken.json"].map((name) => [name, new Blob([FILES[name]!])]),
      ),
    }),
  folder: () => folderSource(folder),
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "penumbra-sources-"));
  for (const [name, bytes] of Object.entries(FILES))
    await writeFile(path.join(folder, name), bytes);
  vi.stubGlobal("fetch", async (url: string) => {
    const bytes = FILES[new URL(url).pathname.split("/").at(-1)!];
    return bytes ? new Response(bytes) : new Response("", { status: 404 });
  });
});
afterAll(async () => {
  vi.unstubAllGlobals();
  await rm(folder, { recursive: true });
});

describe.each(["http", "dropped", "folder"])("a model's files by %s", (kind) => {
  const source = () => sources[kind]!();

  it("are read by their path", async () => {
    const bytes = await readFile(source(), "model.onnx");
    expect(Uint8Array.from(bytes)).toEqual(FILES["model.onnx"]);
    expect(await readJson(source(), "manifest.json")).toEqual({ format: 1 });
  });

  it("are missed in one sentence that names the file", async () => {
    await expect(readFile(source(), "other.onnx")).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringContaining("other.onnx") as unknown,
    });
  });

  it("are refused as JSON where they hold none", async () => {
    await expect(readJson(source(), "broken.json")).rejects.toMatchObject({
      code: "model-damaged",
      message: "broken.json is not valid JSON.",
    });
  });
});

it.each(["http", "folder"])("a manifest's hash is held to by %s", async (kind) => {
  const bytes = FILES["model.onnx"]!;
  const expected = { sha256: await sha256Hex(bytes), bytes: bytes.length };
  const read = await sources[kind]!().read("model.onnx", expected);
  expect(Uint8Array.from(read!)).toEqual(bytes);
  const other = { ...expected, sha256: "0".repeat(64) };
  await expect(sources[kind]!().read("model.onnx", other)).rejects.toMatchObject({
    code: "model-damaged",
    message: expect.stringContaining("model.onnx is not the one its manifest names") as unknown,
  });
});

it("tells how much of a file with a known hash has come", () => {
  expect(told.at(-1)).toEqual({
    file: "model.onnx",
    loadedBytes: 5000,
    totalBytes: 5000,
    fromCache: false,
  });
});

it("a graph that is read again does not weigh twice, and another one does", () => {
  const total = new LargestTotal("The folder");
  for (let i = 0; i < 5; i++) total.add("decoder.onnx", 2 ** 30);
  expect(() => total.add("vision.onnx", 2 ** 30)).toThrow("The folder has 2.0 GB");
});
