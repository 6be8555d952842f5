/** The graph verbs as a program meets them: files in, JSON and files out. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { floatTensor } from "../tensor/tensor.ts";
import { tinyEncoderFile } from "../testing/tinyEncoder.ts";
import { formatNpy } from "../tensor/npyFormat.ts";
import { parseNpy } from "./npy.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "graph-verbs-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

function saved(name: string, bytes: Uint8Array): string {
  const file = path.join(FOLDER, name);
  writeFileSync(file, bytes);
  return file;
}

function lab(...args: string[]): { status: number | null; out: Record<string, unknown> } {
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--no-warnings", path.join(import.meta.dirname, "lab.ts"), ...args],
    { encoding: "utf8" },
  );
  return { status, out: JSON.parse(stdout) as Record<string, unknown> };
}

const MODEL = saved("tiny.onnx", tinyEncoderFile());
const pixels = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i));
const IMAGE = saved("image.npy", formatNpy(floatTensor(pixels, [1, 3, 32, 32])));
const COTANGENT = saved("c.npy", formatNpy(floatTensor(new Float32Array(8).fill(1), [1, 8])));

test("inspect tells inputs, attention with its grid, and what the lab makes of the model", () => {
  const { status, out } = lab("inspect", MODEL);
  expect(status).toBe(0);
  expect(out).toMatchObject({
    inputs: [{ name: "pixel_values", type: "float32", shape: [1, 3, 32, 32] }],
    attention: [{ kind: "self", heads: 2, grid: { prefix: 1, rows: 4, columns: 4 } }],
    notDifferentiable: [],
    encoder: { embedding: "pooled", tokens: "last_hidden_state" },
  });
});

test("vjp is the slope of the output along its cotangent", () => {
  const gradientFile = path.join(FOLDER, "g.npy");
  const { status, out } = lab(
    "vjp",
    MODEL,
    "--input",
    `pixel_values=${IMAGE}`,
    "--output",
    "pooled",
    "--cotangent",
    COTANGENT,
    "--wrt",
    "pixel_values",
    "--out",
    gradientFile,
  );
  expect({ status, shape: out["shape"], surrogate: out["surrogate"] }).toEqual({
    status: 0,
    shape: [1, 3, 32, 32],
    surrogate: false,
  });
  const gradient = parseNpy(readFileSync(gradientFile), "g.npy").data as Float32Array;
  // Central difference along the gradient itself, by the forward verb.
  const norm = Math.hypot(...gradient);
  const lossAt = (step: number): number => {
    const moved = pixels.map((v, i) => v + (step * gradient[i]!) / norm);
    const file = saved("moved.npy", formatNpy(floatTensor(moved, [1, 3, 32, 32])));
    lab("forward", MODEL, "--input", `pixel_values=${file}`, "--out-dir", FOLDER);
    const output = parseNpy(readFileSync(path.join(FOLDER, "pooled.npy")), "pooled.npy");
    return Array.from(output.data as Float32Array).reduce((a, b) => a + b, 0);
  };
  const slope = (lossAt(0.05) - lossAt(-0.05)) / 0.1;
  expect(Math.abs(slope / norm - 1)).toBeLessThan(0.01);
});

test("attention is written as rows that sum to one", () => {
  const { status, out } = lab(
    "attention",
    MODEL,
    "--input",
    `pixel_values=${IMAGE}`,
    "--out-dir",
    path.join(FOLDER, "maps"),
  );
  expect(status).toBe(0);
  const [map] = out["maps"] as { largestRowSumError: number; grid: unknown; shape: number[] }[];
  expect(map!.largestRowSumError).toBeLessThan(1e-5);
  expect(map).toMatchObject({ shape: [1, 2, 17, 17], grid: { prefix: 1, rows: 4, columns: 4 } });
});

test.each([
  [["inspect", saved("cut.onnx", tinyEncoderFile().subarray(0, 700))], 2, "graph-invalid"],
  [["inspect", path.join(FOLDER, "missing.onnx")], 2, "not-found"],
  [["forward", MODEL, "--out-dir", FOLDER], 1, "usage"],
  [["forward", MODEL, "other.onnx", "--out-dir", FOLDER], 1, "usage"],
  [["attention", MODEL, "other.onnx", "--out-dir", FOLDER], 1, "usage"],
  [
    [
      "vjp",
      MODEL,
      "b.onnx",
      ...["output", "cotangent", "wrt", "out"].flatMap((o) => [`--${o}`, "x"]),
    ],
    1,
    "usage",
  ],
  [
    ["forward", MODEL, "--input", `pixel_values=${COTANGENT}`, "--out-dir", FOLDER],
    2,
    "model-incompatible",
  ],
])("lab %j fails with %i and code %s as JSON", (args, expected, code) => {
  const { status, out } = lab(...args);
  expect(status).toBe(expected);
  expect(out["error"]).toMatchObject({ code, message: expect.stringMatching(/^[^\n]+\.$/) });
});
