import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../host/sha256.ts";
import { parseFolderIndex } from "./bundledFolderManifest.ts";

const MODELS = path.join(import.meta.dirname, "../../public/models");

describe.each([
  ["llava-mini", 300],
  ["siglip-mini", 300],
  // Each of its phantoms is attacked three times as well.
  ["captioner-mini", 24],
])("the list of %s", (id, least) => {
  const root = path.join(MODELS, id);
  const read = (name: string) => readFileSync(path.join(root, name));
  const index = parseFolderIndex(JSON.parse(read("files.json").toString()));

  it("names every file of the folder as it is", async () => {
    const files = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(path.join(root, name)).isFile())
      .filter((name) => !/(^files|^evaluation)\.json$|\.md$/.test(name));
    expect(index.files.map(({ path: name }) => name).sort()).toEqual(files.sort());
    for (const { path: name, bytes, sha256 } of index.files) {
      const contents = read(name);
      expect(contents).toHaveLength(bytes);
      expect(await sha256Hex(new Uint8Array(contents)), name).toBe(sha256);
    }
  });

  it("is of the graphs that were measured", () => {
    const { graphs, phantoms } = JSON.parse(read("evaluation.json").toString()) as {
      graphs: readonly { readonly path: string }[];
      phantoms: number;
    };
    expect(graphs).toEqual(index.files.filter(({ path: name }) => name.endsWith(".onnx")));
    expect(phantoms).toBeGreaterThanOrEqual(least);
  });
});

it("is refused where it is no list", () => {
  expect(() => parseFolderIndex({ files: [{ path: "a" }] })).toThrow(/does not list/);
});
