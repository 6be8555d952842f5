/** Whole models against PyTorch: models/golden/tiny_pair.py made the files and the numbers. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import vectors from "../../models/golden/tiny/vectors.json" with { type: "json" };
import { ATTACKS } from "../attacks/registry.ts";
import { floatTensor, int64Tensor } from "../tensor/tensor.ts";
import { l2Norm, linfNorm, subtract } from "../tensor/norms.ts";
import type { Norm } from "../tensor/norms.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { wasmRunner } from "../testing/wasmRunner.ts";
import { webgpuFallbacks } from "./check.ts";
import { joinGraphs } from "./edit/join.ts";
import { LOSS_OUTPUT, withAnswerLoss, withFeatureLoss } from "./edit/lossHeads.ts";
import { differentiate } from "./grad/differentiate.ts";
import type { GradientGraph } from "./grad/differentiate.ts";
import { GraphView } from "./graph.ts";
import { parseModel, serializeModel } from "./file.ts";
import type { ModelProto } from "./messages.ts";
import { readShapes } from "./shapes.ts";
import { findAttentionTaps } from "./taps.ts";

const load = async (name: string): Promise<ModelProto> =>
  parseModel(await readFile(new URL(`../../models/golden/tiny/${name}.onnx`, import.meta.url)));

const SHAPE = [1, 1, 42, 42];
const image = floatTensor(Float32Array.from(vectors.image), SHAPE);
const question = {
  image,
  ids: int64Tensor(vectors.ids, [1, vectors.ids.length]),
  position: int64Tensor([vectors.ids.length - 1], [1]),
  answer_ids: int64Tensor(vectors.answerIds, [3]),
  target: int64Tensor([vectors.target], [1]),
};
const feature = { image, reference: floatTensor(Float32Array.from(vectors.reference), [1, 12]) };

/** Largest error over the largest gradient entry. */
function relativeError(actual: Float32Array, expected: readonly number[]): number {
  return linfNorm(subtract(actual, expected)) / linfNorm(expected);
}

async function answerModel(exporter: string): Promise<ModelProto> {
  const { model } = joinGraphs(await load(`vision.${exporter}`), await load(`answer.${exporter}`), {
    tokens: "tokens",
  });
  return withAnswerLoss(model, { kind: "cross-entropy", logits: "logits", batch: 1, answers: 3 });
}

for (const exporter of ["torchscript", "dynamo"]) {
  describe(`a tiny encoder and answering head, ${exporter} export`, () => {
    for (const target of ["wasm", "webgpu"] as const) {
      it(`has PyTorch's cross-entropy gradient (${target})`, async () => {
        const model = await answerModel(exporter);
        const shapes = await readShapes(model, nativeRunner, { feeds: question });
        const graph = differentiate(model, { loss: LOSS_OUTPUT, wrt: ["image"], shapes, target });
        const results = await nativeRunner(serializeModel(graph.model), question);
        expect(Number(results[LOSS_OUTPUT]!.data[0])).toBeCloseTo(vectors.losses.crossEntropy, 5);
        expect(
          relativeError(results["answer_logits"]!.data as Float32Array, vectors.logits),
        ).toBeLessThan(1e-5);
        const gradient = results["grad_image"]!.data as Float32Array;
        expect(relativeError(gradient, vectors.gradients.crossEntropy)).toBeLessThan(1e-5);
        if (target === "webgpu") {
          // Only the three index inputs (position, answer ids, target), read on the CPU before anything runs.
          const fallbacks = webgpuFallbacks(graph.model);
          expect(fallbacks).toHaveLength(3);
          expect(fallbacks.every((label) => label.startsWith("Cast "))).toBe(true);
        }
      });
    }

    it("has PyTorch's feature gradients and losses, and an attack climbs them", async () => {
      const vision = await load(`vision.${exporter}`);
      for (const kind of ["cosine", "squared-l2"] as const) {
        const model = withFeatureLoss(vision, { kind, feature: "embedding", shape: [1, 12] });
        const shapes = await readShapes(model, nativeRunner, { feeds: feature });
        const graph = differentiate(model, {
          loss: LOSS_OUTPUT,
          wrt: ["image"],
          shapes,
          target: "wasm",
        });
        const results = await nativeRunner(serializeModel(graph.model), feature);
        const key = kind === "cosine" ? "cosine" : "squaredL2";
        expect(Number(results[LOSS_OUTPUT]!.data[0])).toBeCloseTo(vectors.losses[key], 5);
        const gradient = results["grad_image"]!.data as Float32Array;
        // For unit vectors the squared distance is twice the cosine distance, but its gradient also has a part along
        // the feature, which the unit-norm layer removes.
        const expected = vectors.gradients.cosine.map((g) => (kind === "cosine" ? g : 2 * g));
        expect(relativeError(gradient, expected)).toBeLessThan(1e-5);
        await expectAscent(graph, kind === "cosine" ? "linf" : "l2");
      }
    });

    it("finds the attention maps, and their gradient is PyTorch's", async () => {
      const model = await answerModel(exporter);
      const shapes = await readShapes(model, nativeRunner, { feeds: question });
      const taps = findAttentionTaps(new GraphView(model), shapes);
      expect(taps.map(({ kind, layer, heads, shape }) => ({ kind, layer, heads, shape }))).toEqual([
        { kind: "self", layer: 0, heads: 2, shape: [1, 2, 9, 9] },
        { kind: "self", layer: 1, heads: 2, shape: [1, 2, 9, 9] },
        { kind: "self", layer: 2, heads: 2, shape: [1, 2, 6, 6] },
        { kind: "cross", layer: 0, heads: 2, shape: [1, 2, 6, 9] },
      ]);
      const names = taps.map(({ name }) => name);
      const graph = differentiate(model, {
        loss: LOSS_OUTPUT,
        wrt: names,
        shapes,
        target: "wasm",
        outputs: [LOSS_OUTPUT, ...names],
      });
      const results = await nativeRunner(serializeModel(graph.model), question);
      const cross = names.at(-1)!;
      const rows = results[cross]!.data as Float32Array;
      expect(rows.subarray(0, 9).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      const gradient = results[graph.gradients[cross]!]!.data as Float32Array;
      expect(relativeError(gradient, vectors.crossAttentionGradient)).toBeLessThan(1e-5);
    });
  });
}

it("gives the same gradient in onnxruntime-web (WebAssembly)", async () => {
  const model = await answerModel("dynamo");
  const shapes = await readShapes(model, wasmRunner, { feeds: question });
  const graph = differentiate(model, { loss: LOSS_OUTPUT, wrt: ["image"], shapes, target: "wasm" });
  const results = await wasmRunner(serializeModel(graph.model), question);
  const gradient = results["grad_image"]!.data as Float32Array;
  expect(relativeError(gradient, vectors.gradients.crossEntropy)).toBeLessThan(1e-5);
});

/** Five steps of PGD on the differentiated graph: the loss rises at each, the iterate stays in the ball and in [0, 1]. */
async function expectAscent({ model }: GradientGraph, norm: Norm): Promise<void> {
  const bytes = serializeModel(model);
  const lossAndGradient = async (x: Float32Array) => {
    const results = await nativeRunner(bytes, { ...feature, image: floatTensor(x, SHAPE) });
    return {
      loss: Number(results[LOSS_OUTPUT]!.data[0]),
      gradient: results["grad_image"]!.data as Float32Array,
    };
  };
  const oracle = {
    lossAndGradient,
    loss: async (x: Float32Array) => (await lossAndGradient(x)).loss,
  };
  const epsilon = norm === "linf" ? 8 / 255 : 1;
  const run = ATTACKS.pgd.run(
    oracle,
    image.data,
    { norm, epsilon, steps: 5, stepSize: epsilon / 4, restarts: 1, seed: 1, randomStart: false },
    { signal: { aborted: false }, yieldToHost: async () => {} },
  );
  const losses: number[] = [];
  for await (const { loss, adversarial } of run) {
    expect(loss).toBeGreaterThan(losses.at(-1) ?? -Infinity);
    losses.push(loss);
    const delta = subtract(adversarial, image.data);
    expect(norm === "linf" ? linfNorm(delta) : l2Norm(delta)).toBeLessThanOrEqual(epsilon);
    expect(adversarial.every((v) => v >= 0 && v <= 1)).toBe(true);
  }
  expect(losses).toHaveLength(6);
}
