/**
 * Interfaces that browsers give to secure pages only, or refuse at will: each has one place that does without it. A page
 * over plain http in a classroom has none of them.
 */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const SOURCE = path.join(import.meta.dirname, "..");

/** What to look for, and the files that may use it because they guard it. */
const DOORS: readonly (readonly [string, RegExp, readonly string[]])[] = [
  ["Web Crypto", /\bsubtle\b|\brandomUUID\b/, ["host/sha256.ts"]],
  ["cache storage", /\bcaches\./, ["host/fileCache.ts"]],
  ["the clipboard", /\.clipboard\b/, ["ui/share/copyText.ts"]],
  ["service workers", /\.serviceWorker\b/, ["ui/offline/serviceWorker.ts"]],
  [
    "storage management",
    /navigator\.storage\b/,
    ["ui/models/modelShelf.ts", "ui/offline/useOfflineParts.ts"],
  ],
  ["WebGPU", /navigator as \{ gpu|navigator\.gpu\b/, ["engine/adapter.ts"]],
  ["shared memory", /\bSharedArrayBuffer\b|\bAtomics\./, []],
  [
    "file handles",
    /\bshow(?:Open|Save|Directory)\w*Picker\b|\bgetDirectory\b/,
    ["ui/models/KeptModelsDialog.tsx", "ui/models/modelShelf.ts"],
  ],
  ["locks", /navigator\.locks\b/, []],
  ["kept settings", /\b(?:local|session)Storage\b/, ["state/backendWish.ts", "state/keyStore.ts"]],
  [
    "kept rows and sessions",
    /\bindexedDB\b/,
    ["ui/models/folderHandles.ts", "ui/sessions/sessionShelf.ts", "ui/studies/rowShelf.ts"],
  ],
];

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .map((file) => file.split(path.sep).join("/"))
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|\.d\.ts$|^(testing|cli)\//.test(file));

it.each(DOORS)("%s is used where its absence is handled, and nowhere else", (_, pattern, doors) => {
  const using = files.filter((file) => {
    const code = readFileSync(path.join(SOURCE, file), "utf8")
      .replaceAll(/\/\*[\s\S]*?\*\//g, "")
      .replaceAll(/^\s*\/\/.*$/gm, "");
    return pattern.test(code);
  });
  expect(using.sort()).toEqual([...doors].sort());
});
