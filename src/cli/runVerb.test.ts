import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { decode as decodePng } from "fast-png";
import { afterAll, expect, test } from "vitest";
import { cosine } from "../tensor/norms.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { openExperiment } from "../experiment/openExperiment.ts";
import { stagesOf } from "../experiment/stages/table.ts";
import { encodeShareLink } from "../experiment/shareLink/encode.ts";
import { parseNpy } from "./npy.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "lab-run-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

interface Manifest {
  readonly environment: Readonly<Record<string, string | null>>;
  readonly results: Readonly<Record<string, unknown>>;
  readonly files?: readonly string[];
  readonly replay?: { readonly status: string; readonly differences: readonly string[] };
}

const LAB = ["--no-warnings", path.join(import.meta.dirname, "lab.ts")];

function lab(...args: string[]) {
  return spawnSync(process.execPath, [...LAB, ...args], { encoding: "utf8" });
}

function run(source: string, ...options: string[]): Manifest {
  return ended(0, "run", source, ...options);
}

/** Exit status 3 tells scripts that a repeated run differs. */
function ended(expected: number, ...args: string[]): Manifest {
  const { status, stdout, stderr } = lab(...args);
  expect({ status, stderr }).toEqual({ status: expected, stderr: "" });
  return JSON.parse(stdout) as Manifest;
}

test("a run's manifest is run again, from its file and from a link, and reproduces itself", () => {
  const { certificate, stack, ...rest } = defaultSpec();
  const spec = {
    ...rest,
    certificate: { ...certificate, enabled: false },
    stack: stack.filter(({ type }) => type === "perturbation"),
  };
  const file = path.join(FOLDER, "spec.json");
  writeFileSync(file, JSON.stringify(spec));
  const first = run(file);
  expect(first.replay).toBeUndefined();
  expect(first.environment["lab"]).toMatch(/^\d+\.\d+\.\d+$/);
  expect(first.environment["runtime"]).toMatch(/^onnxruntime-node \d+\.\d+/);
  expect(first.environment["machine"]).toContain("cores");
  expect(Date.parse(first.environment["madeAt"]!)).toBeGreaterThan(Date.UTC(2026, 0));

  const saved = path.join(FOLDER, "run.json");
  writeFileSync(saved, JSON.stringify(first));
  const second = run(saved);
  expect(second.replay).toEqual({ status: "reproduced", differences: [] });
  expect(second.results).toEqual(first.results);

  const { expected } = openExperiment(JSON.stringify(first));
  const changed = { ...expected!, marginClean: expected!.marginClean + 1 };
  const link = encodeShareLink({ spec, view: {}, expected: changed });
  const third = ended(3, "run", `https://lab.example/${link}.`);
  expect(third.replay?.status).toBe("differs");
  expect(third.replay?.differences.join(" ")).toContain("clean margin");
}, 120_000);

test("the page's runtime runs here too, and pictures and maps are written whole", async () => {
  const { certificate, stack, ...rest } = defaultSpec();
  const [noise] = stack;
  const off = { ...certificate, enabled: false };
  const folder = path.join(FOLDER, "out");
  const piped = spawnSync(
    process.execPath,
    [...LAB, "run", "-", "--backend", "wasm", "--dump", folder],
    { encoding: "utf8", input: JSON.stringify({ ...rest, certificate: off, stack: [noise] }) },
  );
  expect(piped.stderr).toBe("");
  const { environment, results, files } = JSON.parse(piped.stdout) as Manifest;
  expect(environment["backend"]).toBe("wasm");
  expect(environment["runtime"]).toMatch(/^onnxruntime-web \d+\.\d+/);
  expect(files!.map((name) => path.basename(name)).sort()).toEqual(readdirSync(folder).sort());

  // The pictures are the ones the numbers are about.
  const [clean, disturbed] = ["clean", "disturbed"].map((name) =>
    Uint8Array.from(decodePng(readFileSync(path.join(folder, `${name}.png`))).data),
  ) as [Uint8Array, Uint8Array];
  const { linf, l2 } = results["metrics"] as { linf: number; l2: number };
  const changes = Array.from(clean, (level, i) => Math.abs(level - disturbed[i]!));
  expect(Math.max(...changes)).toBe(Math.round(255 * linf));
  expect(Math.hypot(...changes) / 255).toBeCloseTo(l2, 5);

  // Every stage that ran is in the JSON, and the relevance peak is where the map's is.
  const notAsked = [
    "model",
    "system",
    "graphs",
    "undefended",
    "gradientCheck",
    "beside",
    "certificate",
  ];
  for (const { name } of await stagesOf(defaultSpec())) {
    expect(name in results, name).toBe(!notAsked.includes(name));
  }
  const { grid, cleanPeak } = results["relevance"] as {
    grid: [number, number];
    cleanPeak: { row: number; column: number; share: number };
  };
  const map = parseNpy(readFileSync(path.join(folder, "relevance.clean.npy")), "relevance");
  expect(map.shape).toEqual(grid);
  const values = Array.from(map.data as Float32Array);
  expect(Math.max(...values)).toBe(cleanPeak.share);
  expect(values.indexOf(cleanPeak.share)).toBe(cleanPeak.row * grid[1] + cleanPeak.column);
}, 120_000);

test("what a figure is made of is dumped: noisy features, an instrument's curve, the attacked picture", () => {
  const spec = defaultSpec();
  const folder = path.join(FOLDER, "dump");
  const asked = {
    ...spec,
    certificate: { ...spec.certificate, enabled: true, maxSamples: 100 },
    instruments: [
      { instrument: "linearHypothesis", enabled: true, seed: 1, params: { points: 5 } },
    ],
  };
  const piped = spawnSync(process.execPath, [...LAB, "run", "-", "--dump", folder], {
    encoding: "utf8",
    input: JSON.stringify(asked),
  });
  expect(piped.stderr).toBe("");
  const { results } = JSON.parse(piped.stdout) as Manifest;
  const read = (name: string) => parseNpy(readFileSync(path.join(folder, `${name}.npy`)), name);

  // The score is the mean of (1 + cosine) / 2 of the draws, whoever computes it.
  const draws = read("certificate.draws");
  const { n, score } = results["certificate"] as { n: number; score: number };
  expect(draws.shape).toEqual([n, 2]);
  const cosines = (draws.data as Float32Array).filter((_, i) => i % 2 === 0);
  expect((1 + cosines.reduce((sum, value) => sum + value, 0) / n) / 2).toBeCloseTo(score, 4);
  // And the cosines are those of all image tokens of the first copies to the clean ones.
  const features = read("certificate.features");
  const [rows = 0, width = 0] = features.shape;
  expect(rows).toBe(65);
  const tokens = (k: number) =>
    (features.data as Float32Array).subarray(k * width, (k + 1) * width);
  for (const k of [0, 31, 63]) expect(cosine(tokens(k + 1), tokens(0))).toBeCloseTo(cosines[k]!, 5);

  const { instruments } = results as unknown as {
    instruments: Record<string, { plots: { series: { y: number[] }[] }[] }>;
  };
  const curve = read("instrument.linearHypothesis.plot.margin.0");
  expect(curve.shape).toEqual([2, 5]);
  expect(Array.from(curve.data as Float64Array).slice(5)).toEqual(
    instruments["linearHypothesis"]!.plots[0]!.series[0]!.y,
  );
  const { linf } = results["metrics"] as { linf: number };
  const [before, after] = ["clean", "disturbed"].map(
    (name) => read(`picture.${name}`).data as Float32Array,
  ) as [Float32Array, Float32Array];
  expect(Math.max(...before.map((value, i) => Math.abs(value - after[i]!)))).toBeCloseTo(linf, 6);
}, 180_000);

test.each([
  [["run", "x.json", "--backend", "webgpu"], '--backend is "webgpu", but must be native or wasm.'],
  [["robustness", "--epsilon", "0"], '--epsilon is "0", but must be a whole number from 1 to 16.'],
  [["robustness", "base"], "base"],
])("lab %j is a wrong command line", (args, sentence) => {
  writeFileSync(path.join(FOLDER, "x.json"), JSON.stringify(defaultSpec()));
  const [verb = "", ...others] = args;
  const named = others.map((arg) => (arg === "x.json" ? path.join(FOLDER, arg) : arg));
  const { status, stdout, stderr } = lab(verb, ...named);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(sentence);
});
