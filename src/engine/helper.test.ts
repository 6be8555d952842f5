import { expect, test, vi } from "vitest";
import { embedding } from "../experiment/certify.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { EmbedHelper } from "./engineService.ts";
import { helperFor } from "./helper.ts";
import type { BackendInfo } from "./protocol.ts";

const settings = { assetsUrl: "https://lab.test/", wish: "wasm" } as const;
const alike = { backend: "wasm", threads: 1 } as BackendInfo;
const features = (images: readonly Float32Array[]) => images.map((image) => image.map((v) => -v));
const pictures = [1, 2, 3].map((v) => Float32Array.of(v));

function helped(announced: BackendInfo | undefined, help: EmbedHelper) {
  return helperFor({ helper: () => help }, () => ({ settings, announced }));
}

test("the helper is asked once it has opened the model, and each picture keeps its place", async () => {
  const asked: number[] = [];
  const elsewhere = helped(alike, async ({ images }) => {
    asked.push(images.length);
    return features(images);
  });
  const embed = embedding(
    async (images) => features(images),
    () => elsewhere.now(defaultSpec()),
  );
  const alone = await embed(pictures);
  await vi.waitFor(() => expect(elsewhere.now(defaultSpec())).toBeDefined());
  expect(await embed(pictures)).toEqual(alone);
  // No picture went over while the model was being opened; a single one is not worth it.
  expect(asked).toEqual([0, 1]);
  expect(await embed(pictures.slice(0, 1))).toEqual(alone.slice(0, 1));
  expect(asked).toEqual([0, 1]);
});

test("each asker gets the feature that it asks for, also while the model is still being opened for another", async () => {
  const asked: unknown[] = [];
  const elsewhere = helped(alike, async ({ subject: { feature }, images }) => {
    if (images.length > 0) asked.push(feature);
    return features(images);
  });
  const { model, defenses } = defaultSpec();
  const [ahead, tokens] = await Promise.all([
    elsewhere.soon({ model, defenses }),
    elsewhere.soon({ model, defenses, feature: "tokens" }),
  ]);
  await tokens!(pictures);
  await ahead!(pictures);
  await elsewhere.now({ model, defenses, feature: "embedding" })!(pictures);
  expect(asked).toEqual(["tokens", undefined, "embedding"]);
});

test("a helper that fails costs no feature", async () => {
  let opened = false;
  const elsewhere = helped(alike, async () => {
    if (opened) throw new Error("lost");
    opened = true;
    return [];
  });
  elsewhere.now(defaultSpec());
  await vi.waitFor(() => expect(elsewhere.now(defaultSpec())).toBeDefined());
  const embed = embedding(
    async (images) => features(images),
    () => elsewhere.now(defaultSpec()),
  );
  expect(await embed(pictures)).toEqual(features(pictures));
});

test.each([
  ["another number of threads", { backend: "wasm", threads: 3 }, "base"],
  ["another backend", { backend: "webgpu", threads: 1 }, "base"],
  ["no model yet", undefined, "base"],
  ["a reader's own model", alike, "own-0123456789ab"],
])("%s gives other digits or is not there: nobody helps", (_, announced, id) => {
  const help = vi.fn<EmbedHelper>();
  const elsewhere = helped(announced as BackendInfo | undefined, help);
  const { model, defenses } = defaultSpec();
  expect(elsewhere.now({ model: { ...model, id }, defenses })).toBeUndefined();
  expect(help).not.toHaveBeenCalled();
});

test.each([
  ["one thread of WASM", true, 1],
  ["something else", false, 0],
])(
  "before the first model is open, it is asked where that model will run on %s",
  async (_, alone, calls) => {
    const help = vi.fn<EmbedHelper>(async ({ images }) => features(images));
    const host = { helper: () => help, willBeAlone: async () => alone };
    const elsewhere = helperFor(host, () => ({ settings, announced: undefined }));
    expect((await elsewhere.soon(defaultSpec())) !== undefined).toBe(alone);
    expect(help).toHaveBeenCalledTimes(calls);
  },
);

test("whoever can wait gets the helper once it has the model, or none where that fails", async () => {
  const asked: number[] = [];
  const elsewhere = helped(alike, async ({ images }) => {
    asked.push(images.length);
    return features(images);
  });
  const [first, second] = await Promise.all([
    elsewhere.soon(defaultSpec()),
    elsewhere.soon(defaultSpec()),
  ]);
  expect(asked).toEqual([0]);
  expect(await first!(pictures)).toEqual(features(pictures));
  expect(await second!(pictures)).toEqual(features(pictures));
  const lost = helped(alike, async () => {
    throw new Error("lost");
  });
  expect(await lost.soon(defaultSpec())).toBeUndefined();
  expect(lost.now(defaultSpec())).toBeUndefined();
  expect(await helped(undefined, async () => []).soon(defaultSpec())).toBeUndefined();
});
