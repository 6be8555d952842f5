import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LIMITS, entrySizes, importsOfWorkers, judge } from "./entrySize.mjs";

let dist: string;
const write = (name: string, content: string) => writeFileSync(path.join(dist, name), content);
/** A comment of this size after compression. */
const ballast = (kB: number) => `/*${randomBytes(kB * 1000).toString("hex")}*/`;

beforeEach(() => {
  dist = mkdtempSync(path.join(tmpdir(), "penumbra-size-"));
  mkdirSync(path.join(dist, "assets"));
  write(
    "index.html",
    `<script type="module" src="./assets/index-a.js"></script><link rel="modulepreload" href="./assets/early-a.js">`,
  );
  // As Vite writes it: a list of what a lazy part needs, a worker, the lazy part.
  write(
    "assets/index-a.js",
    'const deps=["./mount-a.js","./mount-a.css"];import{i as e}from"./early-a.js";' +
      "new Worker(new URL(new URL(`worker-a.js`,import.meta.url).href,``+import.meta.url));" +
      "await import(`./mount-a.js`);",
  );
  write("assets/early-a.js", "export const i=1;");
  write("assets/mount-a.js", 'import"./shared-a.js";const lazy=()=>import("./panel-a.js");');
  write("assets/mount-a.css", "p{margin:0}");
  write("assets/shared-a.js", "export{};");
  write(
    "assets/worker-a.js",
    "const small=()=>import(`./ort-a.js`),big=()=>import(`./ort-b.js`),late=()=>import(`./registry-a.js`);",
  );
  write("assets/registry-a.js", ballast(3));
  write("assets/ort-a.js", "export{};");
  write("assets/ort-b.js", ballast(1));
});
afterEach(() => rmSync(dist, { recursive: true }));

const names = (files: readonly string[]) => files.map((file) => path.basename(file)).sort();

it("follows the entry to all that loads before the first answer, and not to what waits for a click", () => {
  const { page, styles, engine } = entrySizes(dist);
  expect(names(page.files)).toEqual(["early-a.js", "index-a.js", "mount-a.js", "shared-a.js"]);
  expect(names(styles.files)).toEqual(["mount-a.css"]);
  // Only one of the two runtimes runs.
  expect(names(engine.files)).toEqual(["ort-b.js", "worker-a.js"]);
  expect(judge(entrySizes(dist)).ok).toBe(true);
});

it.each([
  ["a shared chunk", "assets/shared-a.js", "page"],
  ["the worker", "assets/worker-a.js", "engine"],
] as const)("fails when %s grows beyond its limit", (_, file, part) => {
  write(file, ballast(LIMITS[part] + 5));
  const { ok, lines } = judge(entrySizes(dist));
  expect(ok).toBe(false);
  expect(lines.find((line) => line.startsWith(part))).toContain("TOO LARGE");
});

it("fails when a file it should weigh does not exist", () => {
  rmSync(path.join(dist, "assets/shared-a.js"));
  expect(() => entrySizes(dist)).toThrow(/shared-a\.js is loaded by the page and does not exist/);
});

it("fails when it finds nothing to weigh", () => {
  write("index.html", "<title>another layout</title>");
  const { ok, lines } = judge(entrySizes(dist));
  expect(ok).toBe(false);
  expect(lines.every((line) => line.includes("NOTHING FOUND"))).toBe(true);
});

it("finds a part that imports what a worker is started with, at once or later", () => {
  expect(importsOfWorkers(dist)).toEqual([]);
  write("assets/registry-a.js", 'import{t as e}from"./worker-a.js";');
  write("assets/panel-a.js", "const again=()=>import(`./worker-a.js`);");
  expect(importsOfWorkers(dist)).toEqual([
    "panel-a.js imports worker-a.js",
    "registry-a.js imports worker-a.js",
  ]);
});
