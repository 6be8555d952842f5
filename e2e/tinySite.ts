/** The built page with a tiny model under the name of the bundled one: what a software GPU can run in a test's time. */
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "vite";
import { defaultClientConditions } from "vite";
import { serve } from "../scripts/serve.mjs";
import { parseManifest } from "../src/model/manifest.ts";
import { tinyPackage } from "../src/testing/tinyPackage.ts";
import { vlmFolder } from "../src/testing/vlmFolders.ts";

const ROOT = path.join(import.meta.dirname, "..");
const DIST = path.join(ROOT, "dist");
const LIKE = path.join(ROOT, "public/models/base");

export interface TinySite {
  readonly url: string;
  /** Address of backendProbe.ts as a module. */
  readonly probe: string;
  close(): Promise<void>;
}

/** @param hasProbe whether the engine is to be driven without the page: bundling it takes seconds. */
export async function openTinySite(port: number, hasProbe = true): Promise<TinySite> {
  const folder = await mkdtemp(path.join(tmpdir(), "penumbra-tiny-"));
  for (const name of await readdir(DIST)) {
    if (name !== "models") await symlink(path.join(DIST, name), path.join(folder, name));
  }
  const models = path.join(folder, "models/base");
  await mkdir(models, { recursive: true });
  const text = (name: string) => readFile(path.join(LIKE, name), "utf8");
  const like = parseManifest(JSON.parse(await text("manifest.json")));
  const files = await tinyPackage(like, await text("tokenizer.json"));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(models, name), content);
  }
  if (hasProbe) {
    await symlink(vlmFolder("llava"), path.join(folder, "llava"));
    await buildProbe(path.join(folder, "probe"));
    await writeFile(path.join(folder, "probe/index.html"), "<!doctype html><title>Probe</title>");
  }
  const site = await serve({ root: folder, port });
  return {
    url: site.url,
    probe: `${site.url}probe/probe.js`,
    close: async () => {
      await site.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The engine's own modules, bundled as the page's are. */
async function buildProbe(outDir: string): Promise<void> {
  await build({
    root: ROOT,
    configFile: false,
    publicDir: false,
    logLevel: "error",
    base: "./",
    resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      rolldownOptions: {
        input: path.join(import.meta.dirname, "backendProbe.ts"),
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "probe.js" },
      },
    },
  });
}
