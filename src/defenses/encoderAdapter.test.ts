/** The encoder's adapters on the graphs as shipped, against what PyTorch computed of them when they were exported. */
import { readFile } from "node:fs/promises";
import { expect, it, test } from "vitest";
import { bundledSource } from "../cli/modelFiles.ts";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { readLinkPackage } from "../graphs/linkPackage.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import { adaptersIn } from "../model/adapterLink.ts";
import type { EncoderAdapterRole } from "../model/linkManifest.ts";
import { parityImage } from "../model/manifest.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { LORA_SCALE_INPUT, withLora } from "../onnx/edit/lora.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import { readShapes } from "../onnx/shapes.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import type { System } from "../system/system.ts";
import { floatTensor } from "../tensor/tensor.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import type { DefenseItem } from "./defense.ts";
import { defended } from "./defended.ts";
import { encoderAdapter } from "./encoderAdapter.ts";

const folder = new URL("../../public/models/", import.meta.url);
const adapters = await readLinkPackage(await bundledSource("encoder-adapters"));
const { parity } = JSON.parse(
  await readFile(new URL("encoder-adapters/manifest.json", folder), "utf8"),
) as {
  readonly parity: Readonly<
    Record<
      EncoderAdapterRole,
      readonly { readonly scale: number; readonly embedding: readonly number[] }[]
    >
  >;
};
const lab = nodeLab(nodeSessions(1));
const host = { yieldToHost: async () => {}, linkPackage: async () => adapters };
const picture = parityImage(224);
const asked = recognizeQuestion("Is there a pleural effusion?");
const kinds = (encoderAdapter.graphs?.links ?? []).map(
  ({ role, when }) => [role, when![1]] as const,
);

const item = (params: DefenseItem["params"]): DefenseItem => ({
  id: "e",
  defense: "encoderAdapter",
  enabled: true,
  seed: 1,
  params,
});
const behind = (system: System, scale: number, kind: number): Promise<System> =>
  defended(system, [item({ scale, kind })], host);

test("every kind is there, of 25 layers and under 300 kB each", () => {
  expect(kinds.map(([role]) => role).toSorted()).toEqual([...adapters.graphs.keys()].toSorted());
  for (const bytes of adapters.graphs.values()) {
    expect(bytes.length).toBeLessThan(300_000);
    expect(adaptersIn(bytes, 1)).toHaveLength(25);
  }
});

it.each(kinds)("%s: the embedding that PyTorch gives, at three scales", async (role, kind) => {
  const bare = await lab.system("base", "fp16");
  const references = parity[role as EncoderAdapterRole];
  for (const { scale, embedding } of references) {
    const [own] = await (await behind(bare, scale, kind)).embed([picture]);
    embedding.forEach((value, k) => expect(own![k]).toBeCloseTo(value, 3));
  }
  const [off, , on] = references;
  const moved = on!.embedding.map((value, k) => Math.abs(value - off!.embedding[k]!));
  // Six times what is allowed above.
  expect(Math.max(...moved)).toBeGreaterThan(0.003);
});

it.each(["int8", "int4", "fp16"])(
  "at scale 0 the changed graph gives the %s encoder's tokens bit for bit, and not at 1",
  async (precision) => {
    const file = new URL(`base/vision.${precision}.onnx`, folder);
    const model = parseModel(new Uint8Array(await readFile(file)));
    const image = floatTensor(picture, [1, 1, 224, 224]);
    const table = await readShapes(model, nativeRunner, { shapes: { image: image.shape } });
    const own = adaptersIn(adapters.graphs.get("augmentedEncoder")!, 2);
    const edited = serializeModel(withLora(model, own, table));
    const at = async (scale: number) => {
      const feeds = { image, [LORA_SCALE_INPUT]: floatTensor(Float32Array.of(scale), []) };
      return (await nativeRunner(edited, feeds, ["tokens"]))["tokens"]!.data;
    };
    const plain = (await nativeRunner(serializeModel(model), { image }, ["tokens"]))["tokens"]!;
    expect(await at(0)).toEqual(plain.data);
    expect(await at(1)).not.toEqual(plain.data);
  },
);

it("moves the answer with its scale, and an attack is handed its slope", async () => {
  const bare = await lab.system("base", "int8");
  const margin = async (scale: number, kind = 1) =>
    (await (await behind(bare, scale, kind)).read(picture, [asked])).answers[0]!.margin;
  const own = (await bare.read(picture, [asked])).answers[0]!.margin;
  expect(await margin(0)).toBe(own);
  const seen = [own, await margin(0.5), await margin(1), await margin(1, 2), await margin(1, 3)];
  expect(new Set(seen).size).toBe(5);
  const system = await behind(bare, 1, 1);
  const { answers, tokenIds } = system.manifest.answerSpaces["yes-no"]!;
  const objective: AnswerObjective = {
    kind: "answer",
    aim: "away",
    answer: "no",
    loss: "margin",
    promptIds: system.encodePrompt(asked.text),
    answers,
    answerTokenIds: tokenIds,
  };
  const { image } = renderPhantom({ seed: 21, findings: [{ kind: "effusion" }] }, 224);
  const grey = image.map((value) => Math.round(255 * value) / 255);
  expect(await system.checkGradient(grey, objective, 1)).toMatchObject({ ok: true });
});

it("stands beside an adapter of the answering side, each with its own scale", async () => {
  const answering = await readLinkPackage(await bundledSource("adapters"));
  const both = {
    ...host,
    linkPackage: async (id: string) => (id === "adapters" ? answering : adapters),
  };
  const bare = await lab.system("base", "int8");
  const words = (scale: number) => ({
    ...item({ scale, layers: 3 }),
    id: "w",
    defense: "adapter",
  });
  const margin = async (stack: readonly DefenseItem[]) =>
    (await (await defended(bare, stack, both)).read(picture, [asked])).answers[0]!.margin;
  const [encoder, off] = [item({ scale: 1, kind: 1 }), item({ scale: 0, kind: 1 })];
  const together = await margin([encoder, words(1)]);
  expect(together).not.toBe(await margin([encoder, words(0)]));
  expect(together).not.toBe(await margin([off, words(1)]));
});

it("stands there once: a second one is refused in words, and modules of another kind fit beside it", async () => {
  const bare = await lab.system("base", "int8");
  const [one, two] = [item({ kind: 1 }), { ...item({ kind: 3 }), id: "f" }];
  await expect(defended(bare, [one, two], host)).rejects.toMatchObject({
    code: "spec-invalid",
    message: expect.stringContaining("its encoder adapter already") as unknown,
  });
  const bands = { ...item({ low: 0.5 }), id: "b", defense: "frequencyModules" };
  const margin = async (stack: readonly DefenseItem[]) =>
    (await (await defended(bare, stack, host)).read(picture, [asked])).answers[0]!.margin;
  const both = await margin([one, bands]);
  expect(both).not.toBe(await margin([one]));
  expect(both).not.toBe(await margin([bands]));
});

it("fits a model with the same encoder, and no other", async () => {
  const tuned = await behind(await lab.system("noisy-language", "int8"), 1, 1);
  expect((await tuned.read(picture, [asked])).answers).toHaveLength(1);
  await expect(behind(await lab.system("robust", "int8"), 1, 1)).rejects.toMatchObject({
    code: "model-incompatible",
    message: expect.stringContaining("trained for the encoder of the model") as unknown,
  });
});
