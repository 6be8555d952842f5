/** Folders of random weights, exported as browser models are, opened like the lab's own and held against PyTorch. */
import { describe, expect, it } from "vitest";
import { bundledFolder } from "../../cli/modelFiles.ts";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { decodeAnswer } from "../../language/answer.ts";
import { modelSystem } from "../../system/modelSystem.ts";
import { cosine, linfNorm, subtract } from "../../tensor/norms.ts";
import { vlmFormSource, vlmSource, vlmVectors } from "../../testing/vlmFolders.ts";
import { openModel } from "../openModel.ts";
import { probeRunner } from "../runners.ts";
import { buildFolder } from "./ownFolder.ts";

interface LlavaVectors {
  readonly question: string;
  readonly grey: readonly number[];
  readonly logits: readonly number[];
  readonly probabilities: readonly [yes: number, no: number];
  readonly margin: number;
  readonly gradient: readonly number[];
}
interface DualVectors {
  readonly captions: readonly string[];
  readonly grey: readonly number[];
  readonly logits: readonly number[];
  readonly imageEmbedding: readonly number[];
  /** Of each caption, one after the other. */
  readonly textEmbeddings: readonly number[];
  readonly gradient: readonly number[];
}

const sessions = nodeSessions(1);
const runner = probeRunner(sessions);

async function opened(name: "llava" | "clip" | "siglip", form?: string) {
  const built = await buildFolder(await vlmSource(name), { form }, runner);
  const model = await openModel(built.ready, sessions);
  return { ...built, model, system: modelSystem("own", model, async () => {}) };
}

const relative = (actual: ArrayLike<number>, expected: readonly number[]): number =>
  linfNorm(subtract(Float32Array.from(actual), expected)) / linfNorm(expected);

describe.each(["fp32", "eager", "q4"])("a LLaVA folder, %s", (form) => {
  it("answers, and has a gradient, as PyTorch does", async () => {
    const golden = await vlmVectors<LlavaVectors>("llava");
    const picture = Float32Array.from(golden.grey);
    const { model, system, manifest } = await opened("llava", form);
    const { answers, tokenIds } = manifest.answerSpaces["yes-no"]!;
    const ids = model.encodePrompt(golden.question);
    const { tokens } = await model.encode(picture);
    const { logits, crossAttention } = await model.answer(tokens, ids);
    const said = decodeAnswer(logits, answers, tokenIds, 1);
    const [yes, no] = golden.probabilities;
    const sum = yes + no;
    const close = form === "q4" ? 1 : 5;
    expect(said.probabilities["yes"]).toBeCloseTo(yes / sum, close);
    expect(said.massOutside).toBeCloseTo(1 - sum, close);
    expect(crossAttention).toHaveLength(2);
    for (const { maps, grid } of crossAttention) {
      expect(grid).toEqual([2, 2]);
      expect(maps.slice(0, 4).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    const objective = {
      kind: "answer",
      aim: "away",
      answer: "yes",
      loss: "margin",
      promptIds: ids,
      answers,
      answerTokenIds: tokenIds,
    } as const;
    const { loss, gradient } = await model.lossGradient(picture, objective);
    expect(loss).toBeCloseTo(await model.loss(picture, objective), 4);
    if (form !== "q4") {
      expect(loss).toBeCloseTo(golden.margin, 4);
      expect(relative(gradient, golden.gradient)).toBeLessThan(1e-4);
    }
    const check = await model.checkGradient(picture, objective, 1);
    // int8 products of int4 weights round what flows through them.
    expect(system.gradient).toBe(form === "q4" ? "bpda" : "exact");
    if (form !== "q4") expect(check.ok).toBe(true);
    const relevance = await model.relevance(picture, objective);
    expect(relevance).toHaveLength(4);
    expect(relevance.every((share) => share >= 0)).toBe(true);
    await model.release();
  });
});

it("a LLaVA folder in float16 opens as the others do, with its attention and its relevance", async () => {
  const golden = await vlmVectors<LlavaVectors>("llava");
  const picture = Float32Array.from(golden.grey);
  const { ready } = await buildFolder(await vlmFormSource(), { form: "fp16" }, runner);
  const model = await openModel(ready, sessions);
  const { answers, tokenIds } = ready.manifest.answerSpaces["yes-no"]!;
  const promptIds = model.encodePrompt(golden.question);
  const { tokens, attention } = await model.encode(picture);
  const { logits, crossAttention } = await model.answer(tokens, promptIds);
  const { probabilities } = decodeAnswer(logits, answers, tokenIds, 1);
  const [yes, no] = golden.probabilities;
  expect(probabilities["yes"]).toBeCloseTo(yes / (yes + no), 2);
  expect(attention.length).toBeGreaterThan(0);
  expect(crossAttention).toHaveLength(2);
  for (const { maps } of crossAttention)
    expect(maps.slice(0, 4).reduce((a, b) => a + b)).toBeCloseTo(1, 3);
  const objective = {
    kind: "answer",
    aim: "away",
    answer: "yes",
    loss: "margin",
    promptIds,
    answers,
    answerTokenIds: tokenIds,
  } as const;
  const { gradient } = await model.lossGradient(picture, objective);
  expect(cosine(gradient, golden.gradient)).toBeGreaterThan(0.999);
  const relevance = await model.relevance(picture, objective);
  expect(relevance.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
  await model.release();
});

describe.each(["clip", "siglip"] as const)("a %s folder", (name) => {
  it("scores captions, and has a gradient, as PyTorch does", async () => {
    const golden = await vlmVectors<DualVectors>(name);
    const picture = Float32Array.from(golden.grey);
    const { model, manifest } = await opened(name);
    const { answers, tokenIds } = manifest.answerSpaces["yes-no"]!;
    const ids = model.encodePrompt("Is there a pleural effusion?");
    const { tokens, embedding, attention } = await model.encode(picture);
    expect(relative(embedding, golden.imageEmbedding)).toBeLessThan(1e-4);
    expect(tokens.shape[1]).toBe(name === "clip" ? 5 : 4);
    expect(attention).not.toHaveLength(0);
    const { logits } = await model.answer(tokens, ids);
    expect(relative(logits, golden.logits)).toBeLessThan(1e-4);
    const objective = {
      kind: "answer",
      aim: "away",
      answer: "yes",
      loss: "margin",
      promptIds: ids,
      answers,
      answerTokenIds: tokenIds,
    } as const;
    const { gradient } = await model.lossGradient(picture, objective);
    expect(relative(gradient, golden.gradient)).toBeLessThan(1e-4);
    const relevance = await model.relevance(picture, objective);
    expect(relevance.some((share) => share > 0)).toBe(true);
    // Captions' own vectors are where the scores come from.
    const vectors = await model.embedText!(golden.captions);
    const [yes, no] = vectors.map((vector) =>
      vector.reduce((sum, x, i) => sum + x * embedding[i]!, 0),
    );
    expect(Math.sign(yes! - no!)).toBe(Math.sign(golden.logits[0]! - golden.logits[1]!));
    for (const [k, vector] of vectors.entries()) {
      const wanted = golden.textEmbeddings.slice(k * vector.length, (k + 1) * vector.length);
      expect(relative(vector, wanted)).toBeLessThan(1e-4);
    }
    // A negated wording compares the same two captions the other way round.
    const negated = await model.answer(tokens, model.encodePrompt("Is there no pleural effusion?"));
    expect([...negated.logits]).toEqual([...logits].toReversed());
    await model.release();
  });
});

it("finds the patches of a picture whose tower stands behind the text's", async () => {
  // siglip-mini: the text's stream comes first in its joint graph.
  const { built, model } = await bundled("siglip-mini");
  const [rows, columns] = built.ready.vision.grid;
  expect([rows, columns]).toEqual([16, 16]);
  const picture = Float32Array.from({ length: 224 ** 2 }, (_, i) => 0.5 + 0.3 * Math.sin(i / 997));
  const { attention, tokens } = await model.encode(picture);
  expect(tokens.shape[1]).toBe(256);
  expect(attention.length).toBeGreaterThan(0);
  const ids = model.encodePrompt("Is there a pleural effusion?");
  const { crossAttention } = await model.answer(tokens, ids);
  expect(crossAttention).toHaveLength(1);
  const { answers, tokenIds } = built.manifest.answerSpaces["yes-no"]!;
  const relevance = await model.relevance(picture, {
    kind: "answer",
    aim: "away",
    answer: "yes",
    loss: "margin",
    promptIds: ids,
    answers,
    answerTokenIds: tokenIds,
  });
  expect(relevance).toHaveLength(256);
  expect(relevance.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
  await model.release();
});

async function bundled(id: string) {
  const { names, source } = (await bundledFolder(id))!;
  const built = await buildFolder({ names, source }, {}, runner);
  return { built, model: await openModel(built.ready, sessions) };
}
