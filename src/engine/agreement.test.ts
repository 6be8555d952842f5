/** Forms and backends of one model against each other, on the small LLaVA of random weights. */
import { expect, it } from "vitest";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { wasmSessions } from "../cli/wasmSessions.ts";
import { verdictOf } from "../experiment/formVerdict.ts";
import { OwnFolders } from "../graphs/generative/ownFolders.ts";
import { openModel } from "../graphs/openModel.ts";
import { probeRunner } from "../graphs/runners.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import { vlmSource, vlmVectors } from "../testing/vlmFolders.ts";
import { agreementOf, readForm } from "./agreement.ts";
import type { FormReading } from "./agreement.ts";

const native = nodeSessions(1);
const runner = probeRunner(native);
const { names, source } = await vlmSource("llava");
const folder = Object.fromEntries(
  await Promise.all(
    names.map(async (name) => [name, new Blob([Uint8Array.from((await source.read(name))!)])]),
  ),
) as Record<string, Blob>;
const golden = await vlmVectors<{ readonly grey: readonly number[] }>("llava");
const image = Float32Array.from(golden.grey);
const own = new OwnFolders();
const { manifest } = await own.propose({ folder }, {}, runner);

async function reading(form: string, sessions: SessionFactory): Promise<FormReading> {
  const ready = await own.inForm(manifest, { folder }, { form, runner });
  const model = await openModel(ready, sessions);
  const read = await readForm(model, image, recognizeQuestion("Is there a pleural effusion?"));
  await model.release();
  return read;
}

const reference = await reading("fp32", native);

it("offers every form, and finds backends and exporters of the same weights alike", async () => {
  expect(await own.formsOf({ folder })).toEqual(["fp32", "eager", "q4"]);
  for (const [form, sessions] of [
    ["fp32", wasmSessions()],
    ["eager", native],
  ] as const) {
    const { answer, cosines, differs } = agreementOf(reference, await reading(form, sessions));
    expect(answer).toBe(reference.answer!.corrected);
    expect(cosines.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(["picture tokens", "embedding", "logits"]),
    );
    expect(differs).toEqual([]);
  }
});

it("names the stage that four bits move, and not those before it", async () => {
  const { differs, cosines } = agreementOf(reference, await reading("q4", native));
  expect(differs.join()).toContain("logits (cosine");
  expect(cosines.find(({ stage }) => stage === "picture tokens")!.cosine).toBeGreaterThan(0.9999);
  expect(verdictOf([{ form: "q4", backend: "WASM", differs }])).toMatch(/^q4 on WASM: .*logits/);
});

it("does not speak for what could not be asked", () => {
  const same = { form: "int8", backend: "WASM", differs: [] };
  expect(verdictOf([same])).toBe("All forms and backends hold and say the same.");
  expect(verdictOf([same], 2)).toMatch(/that could be asked .* the others are named/);
  expect(verdictOf([], 1)).toMatch(/could be asked: nothing to compare/);
});

it("takes what is no number for moved", () => {
  const broken = reference.stages.map(({ stage, vector }) => ({
    stage,
    vector: stage === "logits" ? vector.map(() => NaN) : vector,
  }));
  const { differs } = agreementOf(reference, { ...reference, stages: broken });
  expect(differs).toEqual(["logits (not a number)"]);
});
