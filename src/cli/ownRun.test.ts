/** `lab run --model FOLDER`: an experiment on a reader's own vision-language model. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { InstrumentResult } from "../experiment/instruments/instrumentResult.ts";
import { vlmFolder } from "../testing/vlmFolders.ts";
import { runVerb } from "./runVerb.ts";

const TEMPORARY = mkdtempSync(path.join(tmpdir(), "lab-own-run-"));
afterAll(() => rmSync(TEMPORARY, { recursive: true }));

interface Manifest {
  readonly spec: { readonly model: { readonly id: string; readonly precision: string } };
  readonly results: Record<string, never> & {
    readonly clean: { readonly answer: { readonly margin: number; readonly massOutside: number } };
    readonly readout: { readonly answer: { readonly margin: number } };
    readonly certificate: { readonly n: number };
    readonly instruments: Record<string, InstrumentResult>;
  };
}

async function ran(spec: object, ...more: string[]): Promise<Manifest> {
  const file = path.join(TEMPORARY, "spec.json");
  writeFileSync(file, JSON.stringify(spec));
  const printed: unknown[] = [];
  await runVerb([file, ...more], (value) => printed.push(value));
  return printed[0] as Manifest;
}

const opening = defaultSpec();
const spec = {
  ...opening,
  certificate: { ...opening.certificate, enabled: true, maxSamples: 100 },
  instruments: [
    { instrument: "ownWords", enabled: true, seed: 1, params: { maxTokens: 5 } },
    { instrument: "stageShift", enabled: true, seed: 1, params: { wordings: 2 } },
    { instrument: "tokenDistance", enabled: true, seed: 1, params: { references: 30 } },
    { instrument: "causalInterchange", enabled: true, seed: 1, params: { between: 1 } },
  ],
};

it("runs the opening experiment on a folder: it answers, is attacked, and writes", async () => {
  const folder = vlmFolder("llava");
  const run = await ran(spec, "--model", folder);
  expect(run.spec.model.id).toMatch(/^own-[0-9a-f]{12}$/);
  expect(run.results.clean.answer.massOutside).toBeGreaterThan(0);
  expect(run.results.readout.answer.margin).not.toBeCloseTo(run.results.clean.answer.margin, 4);
  expect(run.results.certificate.n).toBe(100);
  // Words and picture share a sequence: each is followed at its own rows, from the encoder through the connector.
  const { instruments } = run.results;
  expect(JSON.stringify(instruments)).toContain("What it wrote");
  const stagesOf = (id: string) => instruments[id]!.tables![0]!.rows.map(([name]) => name);
  expect(stagesOf("stageShift")).toEqual(
    expect.arrayContaining([
      "connector",
      "answer self-attention 1, picture’s tokens",
      "answer self-attention 1",
    ]),
  );
  expect(stagesOf("tokenDistance").at(-1)).toBe("connector");
  const quantity = (name: string) =>
    instruments["causalInterchange"]!.quantities.find(({ id }) => id === name)!.value;
  expect(Math.abs(quantity("whole"))).toBeGreaterThan(0.01);
  expect(quantity("null")).toBeLessThan(1e-5);
  expect(quantity("pictureOnly")).toBeLessThan(1e-5);
  // Under its own name it runs again, and no other model runs in its place.
  const again = await ran(run, "--model", folder);
  expect(again.results.clean.answer).toEqual(run.results.clean.answer);
  await expect(ran(run)).rejects.toMatchObject({ code: "not-open" });
  await expect(ran(run, "--model", folder, "--precision", "q4")).rejects.toMatchObject({
    code: "file-mismatch",
  });
});

it("asks a dual encoder by captions, and says of its own words that there are none", async () => {
  const instruments = ["ownWords", "allFindings"].map((instrument) => ({
    instrument,
    enabled: true,
    seed: 1,
    params: {},
  }));
  const run = await ran({ ...spec, instruments }, "--model", vlmFolder("siglip"));
  // What asks about more than one finding is said to be off, and ends nothing else.
  expect(JSON.stringify(run.results)).toContain("captions are made for questions whether");
  expect(run.results.clean.answer.massOutside).toBe(0);
  expect(JSON.stringify(run.results)).toContain("answers in single words");
});

it("runs one encoder in a file, too", async () => {
  const folder = path.join(TEMPORARY, "encoder");
  mkdirSync(folder);
  cpSync(
    path.join(vlmFolder("llava"), "onnx/vision_encoder.onnx"),
    path.join(folder, "encoder.onnx"),
  );
  const run = await ran({ ...spec, instruments: [] }, "--model", folder);
  expect(run.results.clean.answer).toBeNull();
});
