/** Captioners in the layouts of browser exports against PyTorch (models/golden/caption_exports.py). */
import { afterAll, describe, expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import type { Written } from "../../model/captioning.ts";
import {
  CAPTIONERS,
  captionerFiles,
  captionerSource,
  captionerVectors,
} from "../../testing/captionFolders.ts";
import { openModel } from "../openModel.ts";
import { probeRunner } from "../runners.ts";
import { buildFolder } from "./ownFolder.ts";

const sessions = nodeSessions(1);
const SPOKEN = { yes: ["there is a {finding} ."], no: ["there is no {finding} ."] };

describe.each(CAPTIONERS)("%s", async (name) => {
  const built = await buildFolder(
    await captionerSource(name),
    { spoken: SPOKEN },
    probeRunner(sessions),
  );
  const model = await openModel(built.ready, sessions);
  const { manifest } = built;
  const truth = await captionerVectors(name);
  const picture = Float32Array.from(truth.grey);
  const { tokens } = await model.encode(picture);
  const promptIds = model.encodePrompt("Is there a pleural effusion?");
  const answers = { answers: ["yes", "no"], answerTokenIds: [0, 1] };
  afterAll(() => model.release());

  it("is proposed as a captioner whose pixels are those of Python's processor", async () => {
    const { folder, preprocessing } = await captionerFiles(name);
    expect(folder.family).toBe("captioner");
    const { mean = [0], std = [1], range = [0, 1] } = preprocessing;
    const made = picture.map((v) => (range[0] + v * (range[1] - range[0]) - mean[0]!) / std[0]!);
    const farthest = made.reduce(
      (most, v, i) => Math.max(most, Math.abs(v - truth.pixels[i]!) * std[0]!),
      0,
    );
    expect(farthest).toBeLessThan(1 / 255);
  });

  it("scores captions as PyTorch does", async () => {
    const { logits } = await model.answer(tokens, promptIds);
    expect(manifest.answerSpaces?.["yes-no"]?.tokenIds).toEqual([0, 1]);
    near([...logits], [truth.likelihood, truth.otherLikelihood]);
  });

  it("has PyTorch's likelihood of a text, and its gradient in the picture", async () => {
    const textIds = model.encodeText(truth.caption);
    expect(textIds).toEqual(truth.ids);
    const objective = {
      kind: "text",
      aim: "towards",
      loss: "log-likelihood",
      promptIds,
      textIds,
    } as const;
    near([await model.loss(picture, objective)], [truth.likelihood]);
    const { loss, gradient } = await model.lossGradient(picture, objective);
    near([loss], [truth.likelihood]);
    nearVector(gradient, truth.gradient);
  });

  it("has PyTorch's gradient of the answer's margin", async () => {
    const objective = {
      kind: "answer",
      aim: "away",
      answer: "yes",
      loss: "margin",
      promptIds,
      ...answers,
    } as const;
    const { loss, gradient } = await model.lossGradient(picture, objective);
    expect(loss).toBeCloseTo(truth.otherLikelihood - truth.likelihood, 4);
    nearVector(gradient, truth.marginGradient);
  });

  it("writes what transformers' generate writes, greedily and with three beams", async () => {
    const limits = { maxTokens: 12 };
    const stop = (ids: readonly number[]) => ids.filter((id) => id !== 0 && id !== 2);
    const greedy = await last(model.captions!.write(tokens, limits));
    expect(stop(greedy.ids)).toEqual(truth.greedy);
    const searched = await last(model.captions!.write(tokens, { ...limits, beams: 3 }));
    expect(stop(searched.ids)).toEqual(truth.beams);
    // The likelihood it states is the one that the answering graph finds.
    const textIds = greedy.ids;
    const objective = {
      kind: "text",
      aim: "towards",
      loss: "log-likelihood",
      promptIds,
      textIds,
    } as const;
    const sum = greedy.logProbabilities.reduce((a, b) => a + b, 0);
    near([sum], [await model.loss(picture, objective)]);
  });

  it("shows where each token looks, and refuses a goal that has no one place", async () => {
    const maps = await model.captions!.attention(tokens, truth.greedy);
    expect(maps).toHaveLength(truth.greedy.length);
    for (const map of maps) expect(map.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    // What the page draws has a cell for each place and none for class tokens.
    const { crossAttention } = await model.answer(tokens, promptIds);
    expect(crossAttention.length).toBeGreaterThan(0);
    for (const { maps: drawn, heads, grid } of crossAttention) {
      expect(drawn).toHaveLength(heads * grid[0] * grid[1]);
      expect(drawn.reduce((a, b) => a + b, 0)).toBeCloseTo(heads, 4);
    }
    const relevance = await model.relevance(picture, {
      kind: "answer",
      aim: "towards",
      answer: "yes",
      loss: "margin",
      promptIds,
      ...answers,
    });
    expect(relevance.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    const mask = new Float32Array(28 * 28).fill(1, 0, 99);
    const goal = {
      kind: "attention",
      aim: "towards",
      loss: "mass",
      of: "answer",
      mask,
      promptIds,
    } as const;
    await expect(model.loss(picture, goal)).rejects.toMatchObject({ code: "model-incompatible" });
  });
});

async function last(writing: AsyncGenerator<unknown, Written>): Promise<Written> {
  for (;;) {
    const step = await writing.next();
    if (step.done) return step.value;
  }
}

function near(made: readonly number[], truth: readonly number[]): void {
  for (const [i, value] of made.entries())
    expect(Math.abs(value - truth[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(truth[i]!)));
}

function nearVector(made: Float32Array, truth: readonly number[]): void {
  const size = Math.hypot(...truth);
  expect(size).toBeGreaterThan(1e-6);
  expect(Math.hypot(...made.map((v, i) => v - truth[i]!)) / size).toBeLessThan(1e-4);
}
