/** The lab's adapters on the graphs as shipped, against what PyTorch computed of them when they were exported. */
import { readFile } from "node:fs/promises";
import { expect, it, test } from "vitest";
import { bundledSource } from "../cli/modelFiles.ts";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { readLinkPackage } from "../graphs/linkPackage.ts";
import { adapterFor, adaptersIn } from "../model/adapterLink.ts";
import type { AdapterRole } from "../model/linkManifest.ts";
import { foldWeights } from "../onnx/edit/foldWeights.ts";
import { LORA_SCALE_INPUT, withLora } from "../onnx/edit/lora.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import { parityImage } from "../model/manifest.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { floatTensor, int64Tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DefenseItem } from "./defense.ts";
import { defended } from "./defended.ts";

const folder = new URL("../../public/models/", import.meta.url);
const adapters = await readLinkPackage(await bundledSource("adapters"));
const { parity } = JSON.parse(
  await readFile(new URL("adapters/manifest.json", folder), "utf8"),
) as {
  readonly parity: Readonly<
    Record<
      AdapterRole,
      {
        readonly ids: readonly number[];
        readonly references: readonly {
          readonly scale: number;
          readonly answerLogits: readonly [number, number];
        }[];
      }
    >
  >;
};
const roles = Object.keys(parity) as AdapterRole[];
const [YES, NO] = [300, 280];

async function answerGraph(
  precision: string,
): Promise<{ readonly model: ModelProto; readonly table: ShapeTable }> {
  const model = parseModel(
    new Uint8Array(await readFile(new URL(`base/answer.${precision}.onnx`, folder))),
  );
  const shapes = { ids: [1, 4], tokens: [1, 256, 128] };
  return { model, table: await readShapes(model, nativeRunner, { shapes }) };
}

/** The formula of models/penumbra_models/adapter_export.py. */
const TOKENS = floatTensor(
  Float32Array.from({ length: 256 * 128 }, (_, at) => {
    const [i, j] = [Math.floor(at / 128), at % 128];
    return Math.sin(0.37 * i + 0.11 * j) + 0.5 * Math.cos(0.05 * i * j);
  }),
  [1, 256, 128],
);

async function logits(
  model: ModelProto,
  ids: readonly number[],
  extra: Readonly<Record<string, Tensor>> = {},
): Promise<Float32Array> {
  const feeds = { ids: int64Tensor(ids, [1, ids.length]), tokens: TOKENS, ...extra };
  const made = await nativeRunner(serializeModel(model), feeds, ["logits"]);
  const { data, shape } = made["logits"]!;
  return (data as Float32Array).slice(-shape.at(-1)!);
}

test("three adapters are there, each under 200 kB", () => {
  expect(roles).toEqual(["targetedAdapter", "earlyAdapter", "allAdapter"]);
  for (const bytes of adapters.graphs.values()) expect(bytes.length).toBeLessThan(200_000);
});

it.each(roles)("%s: the logits that PyTorch gives, at three scales", async (role) => {
  const { model, table } = await answerGraph("fp16");
  const edited = withLora(model, adaptersIn(adapters.graphs.get(role)!, 2), table);
  const { ids, references } = parity[role];
  for (const { scale, answerLogits } of references) {
    const all = await logits(edited, ids, {
      [LORA_SCALE_INPUT]: floatTensor(Float32Array.of(scale), []),
    });
    expect(all[YES]).toBeCloseTo(answerLogits[0], 3);
    expect(all[NO]).toBeCloseTo(answerLogits[1], 3);
  }
  const [off, , on] = references;
  // Ten times what is allowed above.
  const moved = on!.answerLogits.map((value, k) => Math.abs(value - off!.answerLogits[k]!));
  expect(Math.max(...moved)).toBeGreaterThan(0.005);
});

it.each(["int8", "int4", "fp16"])(
  "at scale 0 the changed graph gives the %s model's logits bit for bit",
  async (precision) => {
    const { model: stored, table } = await answerGraph(precision);
    const { ids } = parity.allAdapter;
    for (const model of [stored, foldWeights(stored)]) {
      const edited = withLora(model, adaptersIn(adapters.graphs.get("allAdapter")!, 2), table);
      const off = await logits(edited, ids, {
        [LORA_SCALE_INPUT]: floatTensor(Float32Array.of(0), []),
      });
      expect(off).toEqual(await logits(model, ids));
    }
  },
);

const lab = nodeLab(nodeSessions(1));
const picture = parityImage(224);
const host = { yieldToHost: async () => {}, linkPackage: async () => adapters };
const item = (params: DefenseItem["params"]): DefenseItem => ({
  id: "a",
  defense: "adapter",
  enabled: true,
  seed: 1,
  params,
});
const asked = recognizeQuestion("Is there a pleural effusion?");
async function margin(model: string, params: DefenseItem["params"]): Promise<number> {
  const system = await defended(await lab.system(model, "int8"), [item(params)], host);
  return (await system.read(picture, [asked])).answers[0]!.margin;
}

it("moves the answer with its scale and leaves what the encoder says as it is", async () => {
  const bare = await lab.system("base", "int8");
  const own = (await bare.read(picture, [asked])).answers[0]!.margin;
  expect(await margin("base", { scale: 0 })).toBe(own);
  const [half, whole] = [await margin("base", { scale: 0.5 }), await margin("base", { scale: 1 })];
  expect(whole).not.toBe(own);
  expect(half).not.toBe(own);
  expect(half).not.toBe(whole);
  expect(await margin("base", { scale: 1, layers: 2 })).not.toBe(whole);
  const system = await defended(bare, [item({ scale: 1 })], host);
  expect(await system.embed([picture])).toEqual(await bare.embed([picture]));
  expect(system.key).not.toBe((await defended(bare, [item({ scale: 0.5 })], host)).key);
});

it("fits the variants that answer as the base model does, and no other", async () => {
  const own = (await (await lab.system("robust", "int8")).read(picture, [asked])).answers[0]!;
  expect(await margin("robust", { scale: 1 })).not.toBe(own.margin);
  await expect(margin("noisy-language", { scale: 1 })).rejects.toMatchObject({
    code: "model-incompatible",
    message: expect.stringContaining("answering side of the model") as unknown,
  });
});

it("stands next to the model, and says so", async () => {
  const filter = { ...item({ sigma: 1 }), id: "f", defense: "gaussianFilter" };
  const bare = await lab.system("base", "int8");
  await expect(defended(bare, [item({}), filter], host)).rejects.toMatchObject({
    hint: "Move the adapter to the end of the list, next to the model.",
  });
  const both = await defended(bare, [filter, item({})], host);
  expect((await both.read(picture, [asked])).answers).toHaveLength(1);
});

it("refuses a file that is no adapter", async () => {
  const { manifest } = await lab.system("base", "int8");
  const other = { ...adapters, graphs: new Map([["targetedAdapter", new Uint8Array(4)] as const]) };
  expect(() => adapterFor(other, "targetedAdapter", 1, { manifest, precision: "int8" })).toThrow(
    "no safetensors file",
  );
});
