/** Readers' graphs of every kind, opened as the page opens them, against the same graph run by hand. */
import { expect, it } from "vitest";
import { nodeSessions } from "../cli/nodeSessions.ts";
import type { GraphBuilder } from "../onnx/graphBuilder.ts";
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import { serializeModel } from "../onnx/file.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { openModel } from "./openModel.ts";
import { OwnModels } from "./ownModels.ts";
import { probeRunner } from "./runners.ts";

const SIDE = 16;
const sessions = nodeSessions(1);
const probe = probeRunner(sessions);
const own = new OwnModels();
const { float32, int64, uint8 } = ELEMENT_TYPE;

/** k/255 at every place, as every picture of the lab. */
const picture = Float32Array.from({ length: SIDE * SIDE }, (_, i) => ((i * 37 + 11) % 256) / 255);

interface Kind {
  readonly build: (b: GraphBuilder) => void;
  /** What the graph on disk is given for the picture. */
  readonly feeds: (gray: (channel: number, at: number) => number) => Record<string, Tensor>;
  readonly output: string;
  /** Channel c at place p of the output, for the first picture. */
  readonly at: (values: Float32Array, channel: number, place: number) => number;
  readonly channels: number;
  readonly places: number;
  readonly grid?: readonly [number, number];
  readonly hasGradient?: boolean;
}

const turn = (b: GraphBuilder, x: string, ...perm: number[]) =>
  b.add("Transpose", [x], { attributes: { perm: { ints: perm } } });
const toFloat = (b: GraphBuilder, x: string) =>
  b.add("Cast", [x], { attributes: { to: { int: float32 } } });
/** [n, channels, 4, 4] features of [n, 3, 16, 16] pixels. */
const convolve = (b: GraphBuilder, x: string, channels: number, scale = 0.2) =>
  b.add("Softplus", [
    b.add("Conv", [x, b.constant(randomTensor(3, [channels, 3, 4, 4], scale))], {
      attributes: { strides: { ints: [4, 4] } },
    }),
  ]);
const output = (b: GraphBuilder, op: string, inputs: string[], attributes = {}) => {
  b.add(op, inputs, { outputs: ["y"], attributes });
  b.addOutput("y", float32);
};

const CELLS = SIDE * SIDE;
const floats = (name: string, shape: number[], value: (i: number) => number) => ({
  [name]: {
    dtype: "float32",
    shape,
    data: Float32Array.from({ length: shape.reduce((a, d) => a * d, 1) }, (_, i) => value(i)),
  } as Tensor,
});
const planes: Kind["feeds"] = (gray) =>
  floats("x", [1, 3, SIDE, SIDE], (i) => gray(Math.floor(i / CELLS), i % CELLS));
const interleaved: Kind["feeds"] = (gray) =>
  floats("x", [1, SIDE, SIDE, 3], (i) => gray(i % 3, Math.floor(i / 3)));
const bytes: Kind["feeds"] = (gray) => ({
  x: {
    dtype: "uint8",
    shape: [1, SIDE, SIDE, 3],
    data: Uint8Array.from({ length: 3 * CELLS }, (_, i) =>
      Math.round(gray(i % 3, Math.floor(i / 3))),
    ),
  },
});
const channelsLast = { input: ["N", SIDE, SIDE, 3] as const };

const KINDS: Readonly<Record<string, Kind>> = {
  "a feature map with channels last": {
    build: (b) => {
      const x = b.addInput("x", float32, channelsLast.input);
      output(b, "Transpose", [convolve(b, turn(b, x, 0, 3, 1, 2), 6)], {
        perm: { ints: [0, 2, 3, 1] },
      });
    },
    feeds: interleaved,
    output: "y",
    at: (y, c, p) => y[p * 6 + c]!,
    channels: 6,
    places: 16,
    grid: [4, 4],
  },
  "a map with as many channels as rows": {
    build: (b) => {
      const x = b.addInput("x", float32, channelsLast.input);
      output(b, "Transpose", [convolve(b, turn(b, x, 0, 3, 1, 2), 4)], {
        perm: { ints: [0, 2, 3, 1] },
      });
    },
    feeds: interleaved,
    output: "y",
    at: (y, c, p) => y[p * 4 + c]!,
    channels: 4,
    places: 16,
    grid: [4, 4],
  },
  "channels last in, channels first out": {
    build: (b) => {
      const x = b.addInput("x", float32, channelsLast.input);
      output(b, "Sigmoid", [convolve(b, turn(b, x, 0, 3, 1, 2), 6)]);
    },
    feeds: interleaved,
    output: "y",
    at: (y, c, p) => y[c * 16 + p]!,
    channels: 6,
    places: 16,
    grid: [4, 4],
  },
  "channels first in, channels last out": {
    build: (b) => {
      const x = b.addInput("x", float32, [1, 3, SIDE, SIDE]);
      output(b, "Transpose", [convolve(b, x, 6)], { perm: { ints: [0, 2, 3, 1] } });
    },
    feeds: planes,
    output: "y",
    at: (y, c, p) => y[p * 6 + c]!,
    channels: 6,
    places: 16,
    grid: [4, 4],
  },
  "tokens with channels first": {
    build: (b) => {
      const x = b.addInput("x", float32, ["N", 3, SIDE, SIDE]);
      output(b, "Reshape", [convolve(b, x, 25), b.ints([0, 25, -1])]);
    },
    feeds: planes,
    output: "y",
    at: (y, c, p) => y[c * 16 + p]!,
    channels: 25,
    places: 16,
    grid: [4, 4],
  },
  "whole pixels that are cast": {
    build: (b) => {
      const x = b.addInput("x", uint8, channelsLast.input);
      output(b, "Flatten", [
        b.add("GlobalAveragePool", [convolve(b, turn(b, toFloat(b, x), 0, 3, 1, 2), 6, 0.002)]),
      ]);
    },
    feeds: bytes,
    output: "y",
    at: (y, c) => y[c]!,
    channels: 6,
    places: 1,
  },
  "whole pixels that are moved, then dequantized": {
    build: (b) => {
      const x = b.addInput("x", uint8, channelsLast.input);
      const zero = b.constant({ dtype: "uint8", data: Uint8Array.of(114), shape: [] });
      const real = b.add("DequantizeLinear", [turn(b, x, 0, 3, 1, 2), b.float(0.0187), zero]);
      output(b, "Flatten", [b.add("GlobalAveragePool", [convolve(b, real, 6)])]);
    },
    feeds: bytes,
    output: "y",
    at: (y, c) => y[c]!,
    channels: 6,
    places: 1,
  },
  "whole pixels that are halved as such": {
    build: (b) => {
      const x = b.addInput("x", uint8, channelsLast.input);
      const two = b.constant({ dtype: "uint8", data: Uint8Array.of(2), shape: [] });
      const real = toFloat(b, b.add("Div", [x, two]));
      output(b, "Flatten", [
        b.add("GlobalAveragePool", [convolve(b, turn(b, real, 0, 3, 1, 2), 6, 0.002)]),
      ]);
    },
    feeds: bytes,
    output: "y",
    at: (y, c) => y[c]!,
    channels: 6,
    places: 1,
    hasGradient: false,
  },
  "three pictures at a time": {
    build: (b) => {
      const x = b.addInput("x", float32, [3, 3, SIDE, SIDE]);
      const pooled = b.reshape(b.add("GlobalAveragePool", [convolve(b, x, 6)]), [3, 6]);
      output(b, "Tanh", [pooled]);
    },
    feeds: (gray) =>
      floats("x", [3, 3, SIDE, SIDE], (i) => gray(Math.floor(i / CELLS) % 3, i % CELLS)),
    output: "y",
    at: (y, c) => y[c]!,
    channels: 6,
    places: 1,
  },
  "a list of maps beside the features": {
    build: (b) => {
      const x = floatInput(b, "x", [1, 3, SIDE, SIDE]);
      output(b, "Flatten", [b.add("GlobalAveragePool", [convolve(b, x, 6)])]);
      b.add("ZipMap", ["y"], {
        outputs: ["z"],
        domain: "ai.onnx.ml",
        attributes: { classlabels_int64s: { ints: [0, 1, 2, 3, 4, 5] } },
      });
      b.addOutput("z");
    },
    feeds: planes,
    output: "y",
    at: (y, c) => y[c]!,
    channels: 6,
    places: 1,
  },
  "picture and text that meet in scores": {
    build: (b) => {
      const x = floatInput(b, "x", ["N", 3, SIDE, SIDE] as never);
      const ids = b.addInput("input_ids", int64, ["N", 7]);
      b.add("Flatten", [b.add("GlobalAveragePool", [convolve(b, x, 6)])], {
        outputs: ["image_embeds"],
      });
      const words = b.constant(randomTensor(8, [10, 6]));
      b.add("ReduceMean", [b.add("Gather", [words, ids])], {
        outputs: ["text_embeds"],
        attributes: { axes: { ints: [1] }, keepdims: { int: 0 } },
      });
      b.add("MatMul", ["image_embeds", turn(b, "text_embeds", 1, 0)], { outputs: ["logits"] });
      for (const name of ["logits", "text_embeds", "image_embeds"]) b.addOutput(name, float32);
    },
    feeds: (gray) => ({
      ...planes(gray),
      input_ids: { dtype: "int64", data: new BigInt64Array(7), shape: [1, 7] },
    }),
    output: "image_embeds",
    at: (y, c) => y[c]!,
    channels: 6,
    places: 1,
  },
};

it.each(Object.entries(KINDS))("reads %s as the graph computes it", async (_name, kind) => {
  const graph = new Uint8Array(serializeModel(tinyGraph(17, kind.build)));
  const files = { name: "own.onnx", graph: new Blob([graph]), weights: {} };
  const { manifest, proposal } = await own.propose(files, probe);
  const { range, mean, std } = manifest.input;
  const results = await nativeRunner(
    graph,
    kind.feeds((c, at) => (range[0] + (range[1] - range[0]) * picture[at]! - mean[c]!) / std[c]!),
    [kind.output],
  );
  const values = results[kind.output]!.data as Float32Array;
  const means = Array.from({ length: kind.channels }, (_, c) => {
    const all = Array.from({ length: kind.places }, (_unused, p) => kind.at(values, c, p));
    return all.reduce((sum, value) => sum + value, 0) / kind.places;
  });
  const norm = Math.hypot(...means);

  expect(proposal.embedding).toBe(kind.output);
  expect(proposal.embeddingWidth).toBe(kind.channels);
  expect(manifest.tokenGrid).toEqual(kind.grid);
  const model = await openModel(await own.open(manifest, files, probe), sessions);
  const [embedding] = await model.embed([picture]);
  expect(embedding).toHaveLength(kind.channels);
  embedding!.forEach((value, c) => expect(value).toBeCloseTo(means[c]! / norm, 5));

  expect(proposal.obstacles.length === 0).toBe(kind.hasGradient !== false);
  const reference = Float32Array.from(embedding!).reverse();
  const request = {
    kind: "feature",
    aim: "away",
    loss: "cosine",
    reference,
  } as const;
  const check = model.checkGradient(picture, request, 1);
  if (kind.hasGradient === false) await expect(check).rejects.toThrow();
  else expect((await check).ok).toBe(true);
  await model.release();
});
