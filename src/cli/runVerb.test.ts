import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { openExperiment } from "../experiment/openExperiment.ts";
import { encodeShareLink } from "../experiment/shareLink.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "lab-run-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

interface Manifest {
  readonly environment: Readonly<Record<string, string | null>>;
  readonly results: Readonly<Record<string, unknown>>;
  readonly replay?: { readonly status: string; readonly differences: readonly string[] };
}

function run(source: string): Manifest {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", path.join(import.meta.dirname, "lab.ts"), "run", source],
    { encoding: "utf8" },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
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
  const third = run(`https://lab.example/${link}.`);
  expect(third.replay?.status).toBe("differs");
  expect(third.replay?.differences.join(" ")).toContain("clean margin");
}, 120_000);
