/**
 * A vision-language model in the form of the bundled ones (int8 weights behind DequantizeLinear, a causal answering head
 * with cross-attention), small enough for a GPU that is software: 64 x 64, 8 x 8 tokens of width 16, two encoder blocks
 * and one of the head. Its weights are seeded noise: it answers nothing, but it has every kind of node the others have.
 */
import { createHash } from "node:crypto";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { readyPackage } from "../graphs/readyModel.ts";
import { openModel } from "../graphs/openModel.ts";
import { probeRunner } from "../graphs/runners.ts";
import type { ByteSource } from "../graphs/sources/byteSource.ts";
import { loadTokenizer } from "../language/tokenizer.ts";
import { parityImage, parseManifest } from "../model/manifest.ts";
import type { ModelManifest, ModelRole } from "../model/manifest.ts";
import type { GraphBuilder } from "../onnx/graphBuilder.ts";
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import { serializeModel } from "../onnx/file.ts";
import { randomTensor, tinyGraph } from "./tinyGraphs.ts";

const SIZE = 64;
const GRID = 8;
const TOKENS = GRID * GRID;
const WIDTH = 16;
const HEADS = 2;
const HIDDEN = 32;
const PROMPT = 32;

/** Files of the package by name. */
export type PackageFiles = Readonly<Record<string, Uint8Array | string>>;

/** Files that lie in memory. */
export function memorySource(files: PackageFiles): ByteSource {
  return {
    read: async (path) => {
      const content = files[path];
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
  };
}

/**
 * @param like manifest of a bundled model, whose id, tokenizer and answers the tiny one takes over
 * @param tokenizer its tokenizer.json
 */
export async function tinyPackage(like: ModelManifest, tokenizer: string): Promise<PackageFiles> {
  const graphs = {
    vision: serializeModel(visionGraph()),
    answer: serializeModel(answerGraph(JSON.parse(tokenizer))),
  };
  const manifest = parseManifest({
    ...like,
    name: "Tiny model of seeded noise",
    files: (["vision", "answer"] as const).map((role) => ({
      path: `${role}.int8.onnx`,
      role,
      precision: "int8",
      bytes: graphs[role].length,
      sha256: createHash("sha256").update(graphs[role]).digest("hex"),
    })),
    defaultPrecision: "int8",
    input: { ...like.input, size: SIZE },
    tokenGrid: [GRID, GRID],
  });
  return {
    "manifest.json": JSON.stringify(manifest),
    "parity.json": JSON.stringify(await parityOf(manifest, graphs, tokenizer)),
    "tokenizer.json": tokenizer,
    "vision.int8.onnx": graphs.vision,
    "answer.int8.onnx": graphs.answer,
  };
}

/** The stored reference, from the native runtime like the bundled models'. */
async function parityOf(
  manifest: ModelManifest,
  graphs: { readonly vision: Uint8Array; readonly answer: Uint8Array },
  tokenizer: string,
): Promise<object> {
  const sessions = nodeSessions(1);
  const files = {
    manifest,
    precision: "int8",
    tokenizer: loadTokenizer(JSON.parse(tokenizer), manifest.tokenizer!.specialTokens),
    parity: undefined,
    readText: undefined,
    graphs: new Map(Object.entries(graphs) as [ModelRole, Uint8Array][]),
  } as const;
  const model = await openModel(await readyPackage(files, probeRunner(sessions)), sessions);
  const question = "Is there a pleural effusion?";
  const ids = [...model.encodePrompt(question)];
  const { embedding, tokens } = await model.encode(parityImage(SIZE));
  const { logits } = await model.answer(tokens, ids);
  await model.release();
  const answerLogits = manifest.answerSpaces["yes-no"]!.tokenIds.map((id) => logits[id]!);
  const int8 = { embedding: [...embedding], answerLogits };
  return { question, ids, answerSpace: "yes-no", references: { int8 } };
}

let seed = 0;

/** A seeded weight, stored as int8 with one scale for each entry of its first axis. */
function weight(b: GraphBuilder, shape: readonly number[], scale: number): string {
  const { data } = randomTensor(++seed, shape, scale);
  const rows = shape[0]!;
  const stride = data.length / rows;
  const scales = new Float32Array(rows);
  const codes = new Int8Array(data.length);
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * stride, (row + 1) * stride);
    scales[row] = Math.max(...values.map(Math.abs)) / 127;
    codes.set(
      values.map((value) => Math.round(value / scales[row]!)),
      row * stride,
    );
  }
  const stored = b.constant({ dtype: "int8", data: codes, shape }, "codes");
  const scaling = b.constant({ dtype: "float32", data: scales, shape: [rows] }, "scales");
  return b.add("DequantizeLinear", [stored, scaling], { attributes: { axis: { int: 0 } } });
}

function linear(b: GraphBuilder, x: string, from: number, to: number): string {
  const product = b.add("MatMul", [x, weight(b, [from, to], from ** -0.5)]);
  return b.add("Add", [product, b.constant(randomTensor(++seed, [to], 0.1))]);
}

function layerNorm(b: GraphBuilder, x: string): string {
  const scale = b.constant(randomTensor(++seed, [WIDTH], 0.1, 1));
  const bias = b.constant(randomTensor(++seed, [WIDTH], 0.1));
  return b.add("LayerNormalization", [x, scale, bias], {
    attributes: { axis: { int: -1 }, epsilon: { float: 1e-5 } },
  });
}

function transpose(b: GraphBuilder, x: string, perm: readonly number[]): string {
  return b.add("Transpose", [x], { attributes: { perm: { ints: perm } } });
}

/** @param length positions of x, or -1 where they are not known */
function heads(b: GraphBuilder, x: string, length: number, perm: readonly number[]): string {
  return transpose(b, b.reshape(x, [0, length, HEADS, WIDTH / HEADS]), perm);
}

interface Attended {
  /** Rows that ask, and how many there are (-1 where that is open). */
  readonly queries: string;
  readonly length: number;
  /** Projected keys and values and how many there are. */
  readonly keys: string;
  readonly values: string;
  readonly keyLength: number;
  readonly mask?: string;
}

function attention(b: GraphBuilder, { queries, keys, values, ...rest }: Attended): string {
  const { length, keyLength, mask } = rest;
  const q = heads(b, queries, length, [0, 2, 1, 3]);
  const k = heads(b, keys, keyLength, [0, 2, 3, 1]);
  const v = heads(b, values, keyLength, [0, 2, 1, 3]);
  const scaled = b.add("Mul", [b.add("MatMul", [q, k]), b.float((WIDTH / HEADS) ** -0.5)]);
  const scores = mask === undefined ? scaled : b.add("Add", [scaled, mask]);
  const map = b.add("Softmax", [scores], { attributes: { axis: { int: -1 } } });
  const mixed = transpose(b, b.add("MatMul", [map, v]), [0, 2, 1, 3]);
  return linear(b, b.reshape(mixed, [0, length, WIDTH]), WIDTH, WIDTH);
}

function selfAttention(b: GraphBuilder, x: string, length: number, mask?: string): string {
  const projected = linear(b, layerNorm(b, x), WIDTH, 3 * WIDTH);
  const [queries, keys, values] = b.addMany("Split", [projected, b.ints([WIDTH, WIDTH, WIDTH])], {
    outputs: 3,
    attributes: { axis: { int: -1 } },
  });
  const asked = { queries: queries!, keys: keys!, values: values!, length, keyLength: length };
  return b.add("Add", [x, attention(b, { ...asked, ...(mask === undefined ? {} : { mask }) })]);
}

function feedForward(b: GraphBuilder, x: string): string {
  const inner = b.add("Gelu", [linear(b, layerNorm(b, x), WIDTH, HIDDEN)]);
  return b.add("Add", [x, linear(b, inner, HIDDEN, WIDTH)]);
}

/** image [b, 1, 64, 64] -> tokens [b, 64, 16], embedding [b, 16]. */
function visionGraph() {
  seed = 0;
  return tinyGraph(21, (b) => {
    const image = b.addInput("image", ELEMENT_TYPE.float32, ["b", 1, SIZE, SIZE]);
    const scaled = b.add("Mul", [b.add("Sub", [image, b.float(0.5)]), b.float(4)]);
    const conv = (x: string, shape: readonly number[], stride: number, pad: number): string =>
      b.add("Conv", [x, weight(b, shape, 0.3)], {
        attributes: {
          kernel_shape: { ints: shape.slice(2) },
          strides: { ints: [stride, stride] },
          pads: { ints: [pad, pad, pad, pad] },
        },
      });
    const stem = b.add("Relu", [conv(scaled, [8, 1, 3, 3], 2, 1)]);
    const patches = b.reshape(conv(stem, [WIDTH, 8, 4, 4], 4, 0), [0, WIDTH, TOKENS]);
    let x = b.add("Add", [transpose(b, patches, [0, 2, 1]), weight(b, [TOKENS, WIDTH], 0.3)]);
    for (let block = 0; block < 2; block++) x = feedForward(b, selfAttention(b, x, TOKENS));
    const tokens = b.add("Identity", [layerNorm(b, x)], { outputs: ["tokens"] });
    const mean = b.add("Mul", [b.reduceSum(tokens, [1], false), b.float(1 / TOKENS)]);
    const feature = linear(b, mean, WIDTH, WIDTH);
    const norm = b.add("Sqrt", [b.reduceSum(b.add("Mul", [feature, feature]), [1], true)]);
    b.add("Div", [feature, norm], { outputs: ["embedding"] });
    b.addOutput("tokens", ELEMENT_TYPE.float32, ["b", TOKENS, WIDTH]);
    b.addOutput("embedding", ELEMENT_TYPE.float32, ["b", WIDTH]);
  });
}

/** ids [b, t], tokens [b, 64, 16] -> logits [b, t, words], causal. */
function answerGraph(tokenizer: { readonly model: { readonly vocab: object } }) {
  seed = 1000;
  const words = Object.keys(tokenizer.model.vocab).length;
  return tinyGraph(21, (b) => {
    const ids = b.addInput("ids", ELEMENT_TYPE.int64, ["b", "t"]);
    const tokens = b.addInput("tokens", ELEMENT_TYPE.float32, ["b", TOKENS, WIDTH]);
    const length = b.add("Gather", [b.add("Shape", [ids]), b.ints([1])]);
    const embedding = weight(b, [words, WIDTH], 1);
    const places = b.add("Slice", [weight(b, [PROMPT, WIDTH], 0.3), b.ints([0]), length]);
    const open = b.add("Expand", [
      b.float(-1e9),
      b.add("Concat", [length, length], { attributes: { axis: { int: 0 } } }),
    ]);
    const mask = b.add("Trilu", [open, b.int(1)], { attributes: { upper: { int: 1 } } });
    let x = b.add("Add", [b.add("Gather", [embedding, ids]), places]);
    x = selfAttention(b, x, -1, mask);
    const crossed = attention(b, {
      queries: linear(b, layerNorm(b, x), WIDTH, WIDTH),
      length: -1,
      keys: linear(b, tokens, WIDTH, WIDTH),
      values: linear(b, tokens, WIDTH, WIDTH),
      keyLength: TOKENS,
    });
    x = feedForward(b, b.add("Add", [x, crossed]));
    b.add("MatMul", [layerNorm(b, x), transpose(b, embedding, [1, 0])], { outputs: ["logits"] });
    b.addOutput("logits", ELEMENT_TYPE.float32, ["b", "t", words]);
  });
}
