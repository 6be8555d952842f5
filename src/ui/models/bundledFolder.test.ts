/** A bundled folder over a stand-in for the server that serves public/models. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { BUNDLED_FOLDERS } from "../../model/catalog.ts";
import { bundledFolder } from "./bundledFolder.ts";
import { modelAmong } from "./openModelFiles.ts";

const PUBLIC = path.join(import.meta.dirname, "../../../public");
const BASE = "https://lab.example/lab/";

function serve(change: (name: string, bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) {
  vi.stubGlobal("fetch", async (url: URL) => {
    const name = url.pathname.replace("/lab/", "");
    const bytes = await readFile(path.join(PUBLIC, name)).catch(() => undefined);
    return bytes
      ? new Response(change(name, new Uint8Array(bytes)))
      : new Response(null, { status: 404 });
  });
}
afterEach(() => vi.unstubAllGlobals());

it.each(BUNDLED_FOLDERS.map(({ id }) => id))(
  "%s is the whole model that its list names",
  async (id) => {
    serve((_, bytes) => bytes);
    const found = await modelAmong(await bundledFolder(id, BASE));
    expect(found?.folder?.correction).toEqual({});
    expect(Object.keys(found!.folder!.files.folder)).toContain(`${id}/config.json`);
  },
);

it("refuses another file, and says when there is none", async () => {
  serve((name, bytes) => (name.endsWith("tokenizer.json") ? bytes.slice(1) : bytes));
  await expect(bundledFolder("siglip-mini", BASE)).rejects.toMatchObject({ code: "model-damaged" });
  await expect(bundledFolder("none", BASE)).rejects.toMatchObject({ code: "page-outdated" });
});
