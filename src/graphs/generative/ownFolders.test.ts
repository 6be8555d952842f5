/** What is said of a dropped folder before it is used, and what of one that cannot be. */
import { expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { vlmSource } from "../../testing/vlmFolders.ts";
import type { VlmName } from "../../testing/vlmFolders.ts";
import { openModel } from "../openModel.ts";
import { probeRunner } from "../runners.ts";
import { buildFolder } from "./ownFolder.ts";
import { OwnFolders } from "./ownFolders.ts";

const sessions = nodeSessions(1);
const runner = probeRunner(sessions);

async function blobs(name: VlmName): Promise<Record<string, Blob>> {
  const { names, source } = await vlmSource(name);
  const read = async (path: string) => new Blob([Uint8Array.from((await source.read(path))!)]);
  return Object.fromEntries(
    await Promise.all(names.map(async (path) => [`m/${path}`, await read(path)] as const)),
  );
}

const llava = await blobs("llava");

it("describes the chain with sizes, forms and memory, and opens what it described", async () => {
  const own = new OwnFolders();
  const proposed = await own.propose({ folder: llava }, {}, runner);
  const { chain, manifest, memory, forms } = proposed;
  expect(chain.map(({ part, makes }) => [part, makes])).toEqual([
    ["vision", "a picture of 28 x 28 becomes 4 tokens of 32 numbers"],
    ["embed", "each word becomes 32 numbers"],
    ["decoder", "picture tokens and words become scores of the next word"],
  ]);
  expect(forms.toSorted()).toEqual(["eager", "fp32", "q4"]);
  expect(chain.flatMap(({ obstacles }) => obstacles)).toEqual([]);
  expect(chain.map(({ layers }) => layers)).toEqual([1, 0, 2]);
  // float32 weights of a decoder of two layers, its table, and an encoder.
  expect(memory.answer).toBeGreaterThan(100_000);
  expect(memory.text).toBeLessThan(memory.answer);
  expect(proposed.asks).toContain("assistant :");
  expect(manifest.files.map(({ role }) => role)).toEqual(["vision", "embed", "answer"]);
  // Wherever the folder lies, it is the same model.
  const elsewhere = await buildFolder(await vlmSource("llava"), {}, runner);
  expect(elsewhere.manifest.id).toBe(manifest.id);
  const model = await openModel(await own.open(manifest, { folder: llava }, runner), sessions);
  expect(model.manifest.id).toBe(manifest.id);
  await model.release();
});

it("takes a correction: another form and other spellings are another model", async () => {
  const own = new OwnFolders();
  const { manifest } = await own.propose({ folder: llava }, {}, runner);
  const spoken = { ...manifest.folder!.spoken, yes: ["yes"] };
  const q4 = await own.propose({ folder: llava }, { form: "q4", spoken }, runner);
  expect(q4.hasStandIns).toBe(true);
  expect(q4.manifest.defaultPrecision).toBe("int4");
  expect(q4.manifest.folder!.spoken["yes"]).toEqual(["yes"]);
  expect(q4.manifest.id).not.toBe(manifest.id);
  // The other parts have no such form, and are told as they are.
  expect(q4.chain.map(({ form }) => form)).toEqual(["fp32", "fp32", "q4"]);
});

it("keeps the reader's corrections on the way through a saved manifest", async () => {
  const own = new OwnFolders();
  const spoken = { yes: ["yes"], no: ["no"] };
  const { manifest } = await own.propose({ folder: llava }, { spoken }, runner);
  const saved = JSON.parse(JSON.stringify(manifest)) as typeof manifest;
  const ready = await new OwnFolders().open(saved, { folder: llava }, runner);
  expect(ready.manifest.folder).toEqual(manifest.folder);
  expect(ready.manifest.answerSpaces["yes-no"]!.answers).toEqual(["yes", "no"]);
});

const SENTENCES: readonly [string, (own: OwnFolders) => Promise<unknown>, object][] = [
  [
    "a spelling of several tokens",
    (own) =>
      own.propose({ folder: llava }, { spoken: { yes: ["definitely so"], no: ["no"] } }, runner),
    { code: "question-invalid", message: expect.stringContaining("definitely so") },
  ],
  [
    "the vision graph named as the decoder",
    (own) =>
      own.propose(
        { folder: llava },
        {
          graphs: {
            vision: "m/onnx/vision_encoder.onnx",
            embed: "m/onnx/embed_tokens.onnx",
            decoder: "m/onnx/vision_encoder.onnx",
          },
        },
        runner,
      ),
    { code: "model-unsupported", message: expect.stringContaining("no inputs_embeds") },
  ],
  [
    "a graph that was cut off",
    (own) => {
      const decoder = llava["m/onnx/decoder_model_merged.onnx"]!;
      const folder = { ...llava, "m/onnx/decoder_model_merged.onnx": decoder.slice(0, 5000) };
      return own.propose({ folder }, {}, runner);
    },
    { code: "graph-invalid", message: expect.stringContaining("decoder_model_merged.onnx") },
  ],
  [
    "a family known by name only",
    (own) => {
      const folder = { ...llava, "m/config.json": new Blob(['{"model_type":"llava_next"}']) };
      return own.propose({ folder }, {}, runner);
    },
    { code: "model-unsupported", message: expect.stringContaining("LLaVA-NeXT is recognised") },
  ],
  [
    "more than a tab holds, before any of it is read",
    (own) => {
      const huge = { size: 1.9 * 2 ** 30, arrayBuffer: () => Promise.reject(new Error("read")) };
      const folder = {
        ...llava,
        "m/onnx/decoder_model_merged.onnx_data": huge as unknown as Blob,
        "m/onnx/vision_encoder.onnx_data": huge as unknown as Blob,
      };
      return own.propose({ folder }, {}, runner);
    },
    { code: "graph-too-large", hint: expect.stringContaining("q4") },
  ],
];

it.each(SENTENCES)("says one sentence of %s", async (_what, attempt, expected) => {
  await expect(attempt(new OwnFolders())).rejects.toMatchObject(expected);
});

it("opens no other files under a manifest", async () => {
  const own = new OwnFolders();
  const { manifest } = await own.propose({ folder: llava }, {}, runner);
  const other = {
    ...llava,
    "m/onnx/decoder_model_merged.onnx": llava["m/onnx/decoder_model_merged_eager.onnx"]!,
  };
  await expect(new OwnFolders().open(manifest, { folder: other }, runner)).rejects.toMatchObject({
    code: "file-mismatch",
  });
});
