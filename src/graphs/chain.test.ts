/** Linked graphs against PyTorch (models/golden/linked_chain.py made the files and the numbers), and against joined ones. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import vectors from "../../models/golden/chain/vectors.json" with { type: "json" };
import { nodeSessions } from "../cli/nodeSessions.ts";
import { wasmSessions } from "../cli/wasmSessions.ts";
import { REFERENCE_INPUT, withAnswerLoss, withFeatureLoss } from "../onnx/edit/lossHeads.ts";
import { parseModel } from "../onnx/file.ts";
import { GraphView } from "../onnx/graph.ts";
import { ELEMENT_TYPE } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import { findAttentionTaps } from "../onnx/taps.ts";
import { floatTensor, int64Tensor } from "../tensor/tensor.ts";
import { linfNorm, subtract } from "../tensor/norms.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { floatInput, tinyGraph } from "../testing/tinyGraphs.ts";
import { linksBehind } from "./chain.ts";
import type { Link } from "./chain.ts";
import { mergedLinks, weightBytes } from "./mergedLinks.ts";
import { ChainGradient } from "./chainGradient.ts";

const load = async (name: string) =>
  parseModel(await readFile(new URL(`../../models/golden/chain/${name}.onnx`, import.meta.url)));

const SHAPES = {
  image: [1, 1, 42, 42],
  sigma: [1],
  ids: [1, vectors.ids.length],
  position: [1],
  answer_ids: [3],
  target: [1],
  [REFERENCE_INPUT]: [1, 12],
};
const feeds = {
  image: floatTensor(Float32Array.from(vectors.image), SHAPES.image),
  sigma: floatTensor(Float32Array.of(vectors.sigma), [1]),
  ids: int64Tensor(vectors.ids, SHAPES.ids),
  position: int64Tensor([vectors.ids.length - 1], [1]),
  answer_ids: int64Tensor(vectors.answerIds, [3]),
  target: int64Tensor([vectors.target], [1]),
  [REFERENCE_INPUT]: floatTensor(Float32Array.from(vectors.reference), [1, 12]),
};

/** Largest error over the largest gradient entry. */
function relativeError(actual: Float32Array, expected: ArrayLike<number>): number {
  return linfNorm(subtract(actual, expected)) / linfNorm(expected);
}

async function encoder(): Promise<Link[]> {
  return [
    {
      name: "purifier",
      model: await load("purifier"),
      inputs: { image: "image", sigma: "sigma" },
      outputs: { clean: "clean" },
    },
    {
      name: "vision",
      model: await load("vision"),
      inputs: { image: "clean" },
      outputs: { tokens: "tokens", embedding: "embedding" },
    },
    {
      name: "mapper",
      model: await load("mapper"),
      inputs: { tokens: "tokens", embedding: "embedding", sigma: "sigma" },
      outputs: { mapped_tokens: "mapped tokens", mapped_embedding: "mapped embedding" },
    },
  ];
}

async function answerChain(): Promise<Link[]> {
  const model = withAnswerLoss(await load("answer"), {
    kind: "cross-entropy",
    logits: "logits",
    batch: 1,
    answers: 3,
  });
  const own = { ids: "ids", position: "position", answer_ids: "answer_ids", target: "target" };
  return [
    ...(await encoder()),
    {
      name: "head",
      model,
      inputs: { ...own, tokens: "mapped tokens" },
      outputs: { loss: "loss" },
    },
  ];
}

async function featureChain(): Promise<Link[]> {
  const links = await encoder();
  const mapper = links[2]!;
  const loss = { kind: "cosine", feature: "mapped_embedding", shape: [1, 12] } as const;
  links[2] = {
    ...mapper,
    model: withFeatureLoss(mapper.model, loss),
    inputs: { ...mapper.inputs, [REFERENCE_INPUT]: REFERENCE_INPUT },
    outputs: { loss: "loss" },
  };
  return links;
}

const open = (links: readonly Link[], sessions = nodeSessions(1), wrt = ["image"]) =>
  ChainGradient.open({ links, loss: "loss", wrt, shapes: SHAPES }, sessions);

describe.each([
  ["native", nodeSessions(1)],
  ["wasm", wasmSessions()],
])("purifier, encoder, mapper and head, link by link (%s)", (_, sessions) => {
  it.each([
    ["crossEntropy", answerChain],
    ["cosine", featureChain],
  ] as const)("have PyTorch's %s and its image gradient", async (key, chain) => {
    const opened = await open(await chain(), sessions);
    const { loss, gradients } = await opened.lossAndGradients(feeds);
    expect(loss).toBeCloseTo(vectors.losses[key], 5);
    expect(relativeError(gradients["image"]!, vectors.gradients[key])).toBeLessThan(1e-5);
    expect(await opened.loss(feeds)).toBe(loss);
    await opened.release();
  });
});

it("gives an attention map inside the second of four graphs PyTorch's gradient", async () => {
  const links = await answerChain();
  const vision = links[1]!;
  const shapes = await readShapes(vision.model, nativeRunner, { shapes: { image: SHAPES.image } });
  const [tap] = findAttentionTaps(new GraphView(vision.model), shapes);
  links[1] = { ...vision, outputs: { ...vision.outputs, [tap!.name]: "attention" } };
  const opened = await open(links, nodeSessions(1), ["image", "attention"]);
  const { gradients, values } = await opened.lossAndGradients(feeds);
  expect(relativeError(gradients["attention"]!, vectors.attentionGradient)).toBeLessThan(1e-5);
  expect(relativeError(gradients["image"]!, vectors.gradients.crossEntropy)).toBeLessThan(1e-5);
  // Rows of the map sum to 1.
  expect(values["attention"]!.subarray(0, 9).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  await opened.release();
});

it("joins neighbours of one operator set within the limit, and keeps their gradient", async () => {
  const links = await answerChain();
  const bytes = links.map(({ model }) => weightBytes(model));
  const names = (most: number) => mergedLinks(links, most).map(({ name }) => name);
  // The purifier has an operator set of its own: however small, it stays a graph of its own.
  expect(names(Infinity)).toEqual(["purifier", "vision and mapper and head"]);
  expect(names(bytes[1]! + bytes[2]!)).toEqual(["purifier", "vision and mapper", "head"]);
  expect(names(bytes[1]! + bytes[2]! - 1)).toEqual(["purifier", "vision", "mapper and head"]);
  expect(names(0)).toEqual(["purifier", "vision", "mapper", "head"]);
  const results = [];
  for (const most of [0, Infinity]) {
    const opened = await open(mergedLinks(links, most));
    results.push(await opened.lossAndGradients(feeds));
    await opened.release();
  }
  const [linked, joined] = results;
  expect(linked!.loss).toBeCloseTo(joined!.loss, 6);
  expect(relativeError(linked!.gradients["image"]!, joined!.gradients["image"]!)).toBeLessThan(
    1e-6,
  );
});

it("adds up what comes back by two ways, and leaves out links that the loss does not read", async () => {
  const link = (name: string, input: string, output: string, factor: number): Link => ({
    name,
    model: tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [2]);
      b.add("Mul", [b.add("Mul", [x, x]), b.float(factor)], { outputs: ["y"] });
      b.addOutput("y", ELEMENT_TYPE.float32, [2]);
    }),
    inputs: { x: input },
    outputs: { y: output },
  });
  const last: Link = {
    name: "sum",
    model: tinyGraph(17, (b) => {
      const both = b.add("Mul", [floatInput(b, "p", [2]), floatInput(b, "q", [2])]);
      b.add("ReduceSum", [both], { outputs: ["total"], attributes: { keepdims: { int: 0 } } });
      b.addOutput("total", ELEMENT_TYPE.float32, []);
    }),
    inputs: { p: "p", q: "q" },
    outputs: { total: "loss" },
  };
  const chain = [
    link("first", "x", "m", 1),
    link("left", "m", "p", 2),
    link("unread", "m", "other", 5),
    link("right", "m", "q", 3),
    last,
  ];
  expect(linksBehind(chain, ["loss"]).map(({ name }) => name)).toEqual([
    "first",
    "left",
    "right",
    "sum",
  ]);
  // loss = sum (2 m^2)(3 m^2) = 6 sum x^8.
  const request = { links: chain, loss: "loss", wrt: ["x"], shapes: { x: [2] } };
  const opened = await ChainGradient.open(request, nodeSessions(1));
  const x = floatTensor(Float32Array.of(0.5, -1), [2]);
  const { loss, gradients } = await opened.lossAndGradients({ x });
  expect(loss).toBeCloseTo(6 * (0.5 ** 8 + 1), 5);
  expect([...gradients["x"]!].map((g) => Math.round(1e4 * g) / 1e4)).toEqual([0.375, -48]);
  expect(opened.length).toBe(4);
  await opened.release();
});

it("says that a loss does not depend on what it should be differentiated by", async () => {
  await expect(open(await answerChain(), nodeSessions(1), ["reference"])).rejects.toThrow(
    '"loss" does not depend on "reference"',
  );
});
