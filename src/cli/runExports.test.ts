import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { parseCsv } from "../study/csv.ts";
import { TAG, dicomFile, imageElements, words } from "../testing/dicomBytes.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "lab-exports-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const MODELS = path.join(import.meta.dirname, "../../public/models/base");
const CANARY = /PHI-?CANARY|19010101/i;

/** Python with both packages, if this machine has one: the lab itself needs none. */
const python = process.env["PENUMBRA_PYTHON"] ?? "python3";
const hasPython = spawnSync(python, ["-c", "import numpy, onnxruntime"]).status === 0;

function lab(...args: string[]) {
  const entry = ["--no-warnings", path.join(import.meta.dirname, "lab.ts")];
  return spawnSync(process.execPath, [...entry, ...args], { encoding: "utf8" });
}

function saved(name: string, content: string | Uint8Array): string {
  const file = path.join(FOLDER, name);
  writeFileSync(file, content);
  return file;
}

const { certificate, stack, ...rest } = defaultSpec();
const QUICK = {
  ...rest,
  certificate: { ...certificate, enabled: false },
  relevance: { enabled: false },
  stack: stack.filter(({ type }) => type === "perturbation"),
};

interface Run {
  readonly results: {
    readonly clean: { readonly answer: { readonly margin: number } };
    readonly metrics: { readonly featureCosine: number };
  };
  readonly files: readonly string[];
}

function exported(spec: unknown, name: string, ...options: string[]) {
  const out = path.join(FOLDER, name);
  const { status, stdout, stderr } = lab(
    "run",
    saved(`${name}.json`, JSON.stringify(spec)),
    "--export",
    out,
    ...options,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const run = JSON.parse(stdout) as Run;
  expect(run.files.every((file) => file.startsWith(out))).toBe(true);
  const read = (file: string) => readFileSync(path.join(out, file), "utf8");
  return { run, out, read };
}

/** A python that repeats the script's run; where there is none the reason is printed beside the test's name. */
function repeat(out: string, ...options: string[]) {
  const script = path.join(out, "penumbra-run.py");
  return spawnSync(python, [script, "--models", MODELS, ...options], {
    encoding: "utf8",
    cwd: out,
  });
}

test(`a phantom's run is exported whole, and its script ${hasPython ? "repeats it in Python" : "DOES NOT RUN: no Python with numpy and onnxruntime here"}`, () => {
  const { run, out, read } = exported(QUICK, "phantom", "--panels", "clean,answers,numbers");
  const figure = read("penumbra-figure.svg");
  expect(figure).toContain("Is there a pleural effusion?");
  expect(figure).toContain("Phantom, seed 7: left effusion 300 mL");
  expect(figure.match(/<image /g)).toHaveLength(1);
  expect(figure).toContain("Research and teaching only");

  const rows = parseCsv(read("penumbra-table.csv"));
  const cell = (quantity: string) => rows.find((row) => row[2] === quantity)![4];
  expect(Number(cell("feature cosine"))).toBe(run.results.metrics.featureCosine);
  expect(Number(cell("margin"))).toBe(run.results.clean.answer.margin);
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([7]));

  expect(read("penumbra-citation.txt")).toMatch(/@software\{penumbra_/);
  expect(run.files.some((file) => file.endsWith(".npy"))).toBe(false);
  if (!hasPython) return;
  const { status, stdout, stderr } = repeat(out);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(/REPRODUCED: (\d+) of \1 numbers agree/);
  // It can fail: a margin that is another one is found.
  const script = path.join(out, "penumbra-run.py");
  writeFileSync(
    script,
    readFileSync(script, "utf8").replace(/"margin": (-?[\d.]+)/, '"margin": 99'),
  );
  expect(repeat(out).status).toBe(1);
});

test("a film's exports hold no pixel of it but in the figure and in the file that is for them, and no patient anywhere", () => {
  const side = 256;
  const pixels = Array.from({ length: side * side }, (_, i) =>
    Math.round(2000 + 1500 * Math.sin(i / 900)),
  );
  const film = saved(
    "film.dcm",
    dicomFile({
      ...imageElements(side, side, 12),
      [TAG.patientName]: "PHI-CANARY^PATIENT",
      "00100030": "19010101",
      [TAG.pixelData]: words(pixels),
    }),
  );
  const decoded = lab("decode", film);
  const { rawSha256 } = JSON.parse(decoded.stdout) as { readonly rawSha256: string };
  const spec = { ...QUICK, case: { kind: "file", sha256: rawSha256 } };
  const { out, read } = exported(spec, "film", "--file", film);
  for (const file of [
    "penumbra-figure.svg",
    "penumbra-table.csv",
    "penumbra-run.py",
    "penumbra-citation.txt",
  ]) {
    expect(CANARY.test(read(file)), file).toBe(false);
    expect(read(file)).not.toContain("film.dcm");
  }
  expect(read("penumbra-run.py")).toMatch(/PIXELS = """\n\n"""/);
  if (!hasPython) return;
  expect(repeat(out).status).toBe(0);
  const missing = repeat(out, "--pictures", "elsewhere.npy");
  expect(missing.status).toBe(2);
  expect(missing.stderr).toContain("a reader's own film");
});

test.each([
  [["--panels", "clean"], "--export DIR"],
  [["--panels", "clean,sky", "--export", "x"], 'no panel "sky"'],
])("%j is refused in a sentence", (options, words) => {
  const { status, stderr } = lab("run", saved("bad.json", JSON.stringify(QUICK)), ...options);
  expect(status).toBe(1);
  expect(stderr).toContain(words);
});
