/**
 * The layers, as a test: who may import whom, and the one door of each third-party package. Imports only go down the
 * table; the folders of one concern each (perturbations to triage) never import each other.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { expect, test } from "vitest";

const L0 = ["errors", "tensor", "numerics", "host"];
const L2 = [...L0, "image", "onnx", "model"];
const L3 = [...L2, "language", "phantom", "system"];
const CONCERNS = [
  "perturbations",
  "attacks",
  "defenses",
  "explanations",
  "certificates",
  "metrics",
  "triage",
];
const LAB = [...L3, "io", ...CONCERNS];

/** Folders each folder of src may import, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  tensor: ["errors"],
  numerics: ["errors"],
  // What a browser gives and may refuse: hashing, cache storage, lazy parts.
  host: ["errors"],
  image: L0,
  onnx: L0,
  model: L0,
  language: L2,
  // What is under test; of the toolkit it knows the check of gradients alone.
  system: ["errors", "tensor", "numerics", "image", "model", "language", "onnx/grad/check"],
  phantom: [...L0, "image"],
  io: [...L0, "image"],
  perturbations: L3,
  attacks: L3,
  defenses: L3,
  explanations: L3,
  certificates: L3,
  metrics: L3,
  triage: L3,
  // A model over ONNX. Everything above knows it by its contract in model/.
  graphs: [...L0, "image/jsd", "image/pillow", "onnx", "model", "language", "explanations"],
  experiment: LAB,
  study: [...LAB, "experiment"],
  // Lessons look at experiments and their results, and change fields as a study does.
  lesson: ["errors", "host", "numerics", "experiment", "study/specPath"],
  engine: [...LAB, "graphs", "experiment"],
  cli: [...LAB, "graphs", "experiment", "study", "lesson", "engine"],
  // The page never computes: it knows what to ask for (specs, registries) and how to draw what comes back.
  state: [...L3, ...CONCERNS, "experiment", "study", "lesson", "engine/protocol"],
  // prettier-ignore
  ui: [
    "errors", "tensor", "numerics", "host", "image", "model", "language", "phantom", "system", "perturbations", "attacks",
    "defenses", "experiment", "study", "lesson", "engine/protocol", "graphs/sources/modelFolder", "graphs/sources/modelNotes",
    "graphs/sources/zip", "graphs/generative/folder", "graphs/ownModelId",
    "io/decodeClient", "io/limits", "io/dicomWeb", "state",
  ],
  // prettier-ignore
  "main.tsx": ["engine/client", "engine/protocol", "errors", "host", "state/backendWish", "mount"],
  "sw.ts": ["host"],
  "mount.tsx": [
    "ui",
    "state",
    "engine/client",
    "engine/protocol",
    "experiment/defaultSpec",
    "lesson/room",
    "errors",
    "host/loadPart",
  ],
  // The client lives on the page's side of the worker.
  // prettier-ignore
  "engine/client": [
    "errors", "host", "experiment", "engine/protocol", "engine/payloads", "engine/watchdog", "image", "model",
  ],
};

/**
 * The folders of ui, from the bottom up: each may import itself, and of its sisters those named. A folder stands below every
 * folder that may import it, so that there is no circle. `app` puts the page together and may import all of them.
 */
const UI: Readonly<Record<string, readonly string[]>> = {
  // The page's language: below everything that has words.
  locale: [],
  // Controls that know nothing of the experiment.
  kit: [],
  // The stores, and what every panel does with them.
  context: ["kit"],
  // Films and phantoms as pixels, and the coordinates of a viewer.
  picture: ["kit", "context"],
  plots: ["locale", "kit", "context"],
  brush: ["kit", "context", "picture"],
  controls: ["kit", "context", "picture"],
  panels: ["kit", "context", "picture"],
  instruments: ["kit", "context", "picture", "plots", "controls"],
  models: ["kit", "context"],
  offline: ["kit", "context"],
  share: ["kit", "context", "offline"],
  lessons: ["locale", "kit", "context", "share"],
  studies: ["kit", "context", "plots", "share", "instruments"],
  sessions: ["kit", "context", "share"],
  archive: ["kit", "context", "controls"],
  compare: ["kit", "context", "share"],
  cine: ["kit", "context"],
  viewer: ["kit", "context", "picture", "brush"],
  film: ["kit", "context", "picture", "viewer"],
};

/** Packages with one door: every import of the package must come from a file that matches. */
const DOORS: Readonly<Record<string, RegExp>> = {
  "@bufbuild/protobuf": /^onnx\/(messages|file)\.ts$/,
  "onnx-buf": /^onnx\/(messages|file)\.ts$/,
  "onnxruntime-web": /^(engine\/sessions|cli\/wasmSessions|graphs\/ort)\.ts$/,
  "onnxruntime-node": /^cli\/nodeSessions\.ts$/,
  "@cornerstonejs/codec-charls": /^(io|cli)\//,
  "@cornerstonejs/codec-libjpeg-turbo-8bit": /^(io|cli)\//,
  "@cornerstonejs/codec-openjpeg": /^(io|cli)\//,
  "@cornerstonejs/codec-openjph": /^(io|cli)\//,
  comlink: /^host\/workers\.ts$/,
  "dicom-parser": /^io\/dicom\w*\.ts$/,
  "dicomweb-client": /^io\/dicomWeb\.ts$/,
  "fast-png": /^(io\/(exportPng|pngPixels)\.ts$|cli\/)/,
  tiff: /^io\/loadTiff\.ts$/,
  bullmq: /^cli\/study\//,
  ioredis: /^cli\/study\//,
  tinypool: /^cli\/study\//,
  "hyparquet-writer": /^(cli\/study\/|study\/parquetWriter\.ts)/,
  fflate:
    /^(experiment\/(shareLink|exports)\/\w+|lesson\/answerCode|io\/inflate|io\/pngPixels|graphs\/sources\/zip)\.ts$/,
  zod: /^(model\/(\w*[mM]anifest|graphPartSchema)|graphs\/proposal\/preprocessing|experiment\/(shareLink\/)?\w+|study\/schema|lesson\/\w+|language\/\w+)\.ts$/,
  "@huggingface/tokenizers": /^language\/(tokenizer|promptTokenizer)\.ts$/,
  "@huggingface/jinja": /^language\/chatTemplate\.ts$/,
  "plotly.js": /^ui\/plots\//,
  "plotly.js-cartesian-dist-min": /^ui\/plots\/plotly\.ts$/,
  "qrcode-generator": /^ui\/share\//,
  "@mantine/core": /^(ui\/|mount\.tsx$)/,
  "@mantine/hooks": /^ui\//,
  react: /^(ui\/|state\/|mount\.tsx$)/,
  "react-dom": /^(ui\/|mount\.tsx$)/,
  // ui/context binds the stores to components.
  zustand: /^(state|ui\/context)\//,
  zundo: /^state\//,
  "workbox-core": /^sw\.ts$/,
  "workbox-precaching": /^sw\.ts$/,
  "workbox-routing": /^sw\.ts$/,
  "workbox-strategies": /^sw\.ts$/,
  // The one piece of the host the headless lab is made of.
  node: /^cli\//,
};

/** Rows of the page, and what they may not hold: registries come with every member's algorithm. */
const PAGE = ["state", "ui", "mount.tsx", "main.tsx"];
const REGISTRIES = /^(attacks|defenses|perturbations|experiment\/instruments)\/registry\.ts$/;

const SOURCE = import.meta.dirname;

interface Import {
  /** Path under src, with forward slashes. */
  readonly file: string;
  readonly target: string;
}

/** Imports of a module's text: static, side-effect, re-export and dynamic; comments do not count. */
function importsOf(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const pattern =
    /(?:^|[;\n])\s*(?:import|export)\s+(?:[^"';]*?\sfrom\s*)?["']([^"']+)["']|\bimport\s*\(\s*["'`]([^"'`]+)["'`]|\bimport\.meta\.resolve\(\s*["']([^"']+)["']|new URL\(\s*["'](\.[^"']+\.tsx?)["']/g;
  return [...code.matchAll(pattern)].map((m) => (m[1] ?? m[2] ?? m[3] ?? m[4])!);
}

function sources(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".d.ts"))
    .filter((file) => !/\.test\.tsx?$/.test(file) && !file.startsWith("testing/"));
}

/** The row of the table a file belongs to. */
function rowOf(file: string): string {
  const stem = file.replace(/\.tsx?$/, "");
  if (stem in ALLOWED) return stem;
  return file.split("/")[0]!;
}

/** What is wrong with one import, or undefined. */
function violation({ file, target }: Import): string | undefined {
  const row = rowOf(file);
  const allowed = ALLOWED[row];
  if (!allowed) return `${file}: folder "${row}" is not in the table of layers`;
  if (!target.startsWith(".")) return doorViolation(file, target);
  const path = normalize(join(dirname(file), target))
    .split(sep)
    .join("/");
  const bare = path.split("?")[0]!;
  if (bare.startsWith("..")) return `${file}: imports ${target}, outside src`;
  const folder = bare.split("/")[0]!;
  if (folder === "testing") return `${file}: imports ${bare}, which is for tests only`;
  if (folder === "ui" && row === "ui") return sisterViolation(file, bare);
  if (PAGE.includes(row) && REGISTRIES.test(bare)) {
    return `${file}: the page offers members by their catalogue, not by ${bare} with its algorithms`;
  }
  if (folder === row.split("/")[0] && row !== "engine/client") return undefined;
  const stem = bare.replace(/\.tsx?$/, "");
  // main.tsx and the client may start the worker; nothing else on the page may reach it.
  if (row === "engine/client" && stem === "engine/worker") return undefined;
  if (allowed.includes(folder) || allowed.includes(stem)) return undefined;
  return `${file}: "${row}" may not import ${bare}`;
}

/** What is wrong with an import from one folder of ui into another. */
function sisterViolation(file: string, path: string): string | undefined {
  const [from, to] = [file.split("/")[1]!, path.split("/")[1]!];
  if (from === to) return undefined;
  if (from === "app") return to in UI ? undefined : `${file}: ui/${to} is not in the table of ui`;
  const allowed = UI[from];
  if (!allowed) return `${file}: ui/${from} is not in the table of ui`;
  return allowed.includes(to) ? undefined : `${file}: ui/${from} may not import ${path}`;
}

function doorViolation(file: string, target: string): string | undefined {
  const name = target.startsWith("node:")
    ? "node"
    : target
        .split("?")[0]!
        .split("/")
        .slice(0, target.startsWith("@") ? 2 : 1)
        .join("/");
  const door = DOORS[name] ?? DOORS[target];
  if (!door) return `${file}: package ${name} has no door in the table`;
  return door.test(file)
    ? undefined
    : `${file}: package ${name} may only be imported by ${door.source}`;
}

test("every import goes down the layers and through its package's door", () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(40);
  const violations = files.flatMap((file) =>
    importsOf(readFileSync(join(SOURCE, file), "utf8"))
      .map((target) => violation({ file, target }))
      .filter((sentence) => sentence !== undefined),
  );
  expect(violations).toEqual([]);
});

test("every folder of ui stands above the ones it may import", () => {
  const order = Object.keys(UI);
  for (const [folder, below] of Object.entries(UI)) {
    for (const each of below) expect(order.indexOf(each)).toBeLessThan(order.indexOf(folder));
    expect(below.every((each) => order.includes(each))).toBe(true);
  }
  const folders = sources().flatMap((file) => /^ui\/([^/]+)\//.exec(file)?.[1] ?? []);
  expect([...new Set(folders)].sort()).toEqual([...order, "app"].sort());
});

test.each([
  ["an upward import", "tensor/norms.ts", "../experiment/spec.ts"],
  ["a sideways import", "attacks/pgd.ts", "../metrics/attentionSsim.ts"],
  ["an unlisted folder", "utils/misc.ts", "./other.ts"],
  ["an import of an unlisted folder", "ui/app/App.tsx", "../../utils/misc.ts"],
  ["tests' helpers in the product", "onnx/grad/check.ts", "../../testing/nativeRunner.ts"],
  ["the page in the worker", "ui/app/App.tsx", "../../engine/worker.ts"],
  ["the page's frame in a panel", "ui/panels/Numbers.tsx", "../app/App.tsx"],
  ["one panel in another", "ui/plots/ScorePanel.tsx", "../panels/AnswerBars.tsx"],
  ["the stores in the kit", "ui/kit/Button.tsx", "../context/stores.ts"],
  ["an unlisted folder of ui", "ui/misc/Thing.tsx", "../kit/Button.tsx"],
  ["the runtime outside the engine", "attacks/pgd.ts", "onnxruntime-web/webgpu"],
  ["a registry's algorithms in the page", "ui/app/App.tsx", "../../attacks/registry.ts"],
  ["Node in the core", "experiment/run.ts", "node:fs"],
  ["a package without a door", "ui/app/App.tsx", "lodash"],
  ["a file outside src", "engine/worker.ts", "../../models/golden.json"],
])("%s is refused", (_, file, target) => {
  expect(violation({ file, target })).toBeDefined();
});

test.each([
  ["engine/sessions.ts", "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url"],
  ["experiment/run.ts", "../attacks/registry.ts"],
  ["ui/share/SharePanel.tsx", "qrcode-generator"],
  ["onnx/grad/check.ts", "../../tensor/tensor.ts"],
])("%s may import %s", (file, target) => {
  expect(violation({ file, target })).toBeUndefined();
});

test("imports are found in every form, and not in comments", () => {
  const text = `
    // import "never1";
    /* import "never2" */
    import "side-effect";
    import a, { type B } from "named";
    import type { C } from "typed";
    import {
      d,
    } from "many-lines";
    export { e } from "re-export";
    const f = await import("dynamic");
    const g = new Worker(new URL("./worker.ts", import.meta.url));
  `;
  expect(importsOf(text)).toEqual([
    "side-effect",
    "named",
    "typed",
    "many-lines",
    "re-export",
    "dynamic",
    "./worker.ts",
  ]);
});

test("a fault of our own gets its code in errors/, with the words that belong to it", () => {
  const given = sources().filter(
    (file) =>
      !file.startsWith("errors/") &&
      /LabError\(\s*"internal"/.test(readFileSync(join(SOURCE, file), "utf8")),
  );
  expect(given).toEqual([]);
});
