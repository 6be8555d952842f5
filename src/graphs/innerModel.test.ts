/** The inside of a bundled model: gradients at its tokens, and shuffled weights. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBundledModel } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { answerLoss } from "../model/objectiveLoss.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { floatTensor } from "../tensor/tensor.ts";
import type { OnnxModel } from "./onnxModel.ts";

const { model: asked, case: opened, question } = defaultSpec();
let model: OnnxModel;
let image: Float32Array;
let objective: AnswerObjective;

beforeAll(async () => {
  model = await openBundledModel(asked.id, asked.precision, nodeSessions(1));
  if (opened.kind !== "phantom") throw new Error("the opening case is a phantom");
  image = renderPhantom(opened.phantom, model.manifest.input.size).image.slice();
  const { answers, tokenIds } = model.manifest.answerSpaces["yes-no"]!;
  const promptIds = model.encodePrompt(question);
  const aim = { kind: "answer", aim: "towards", answer: "yes", loss: "margin" } as const;
  objective = { ...aim, promptIds, answers, answerTokenIds: tokenIds };
}, 120_000);

afterAll(() => model.release());

test("the gradient at the tokens is the slope of the answering graph itself", async () => {
  const { loss, tokens, gradient } = await model.tokenGradient(image, objective);
  expect(gradient).toHaveLength(tokens.data.length);
  const marginAt = async (data: Float32Array) => {
    const { logits } = await model.answer(floatTensor(data, tokens.shape), objective.promptIds);
    return answerLoss(logits, objective);
  };
  expect(await marginAt(tokens.data)).toBeCloseTo(loss, 3);
  // Along the gradient itself, by central differences through another graph than the one that made it.
  const length = Math.hypot(...gradient);
  const step = 0.02;
  const moved = (sign: number) =>
    marginAt(tokens.data.map((value, i) => value + (sign * step * gradient[i]!) / length));
  const slope = ((await moved(1)) - (await moved(-1))) / (2 * step);
  expect(slope / length).toBeCloseTo(1, 2);
}, 120_000);

test("weights are shuffled from the answer down; the model itself stays as it was", async () => {
  const before = await model.encode(image);
  const top = await model.withShuffledWeights(0.05, 1);
  // The encoder's are used before the answering side's.
  expect((await top.encode(image)).embedding).toEqual(before.embedding);
  expect(await top.loss(image, objective)).not.toBeCloseTo(await model.loss(image, objective), 1);
  await top.release();
  const all = await model.withShuffledWeights(1, 1);
  const again = await model.withShuffledWeights(1, 1);
  const [first, second] = [await all.encode(image), await again.encode(image)];
  expect(first.embedding).toEqual(second.embedding);
  expect(Math.abs(first.embedding[0]! - before.embedding[0]!)).toBeGreaterThan(1e-3);
  expect((await model.encode(image)).embedding).toEqual(before.embedding);
  await all.release();
  await again.release();
}, 120_000);

test("a run with the inside open says what the model says, and its own values in their places change nothing", async () => {
  const sites = await model.innerSites();
  const { promptIds } = objective;
  const plain = await model.innerRun({ image, promptIds, read: sites.map(({ id }) => id) });
  const { tokens } = await model.encode(image);
  const { logits } = await model.answer(tokens, promptIds);
  const furthest = (other: Float32Array) =>
    other.reduce((most, value, i) => Math.max(most, Math.abs(value - logits[i]!)), 0);
  expect(furthest(plain.logits)).toBeLessThan(1e-4);
  const patches = sites.map(({ id }) => ({ site: id, value: plain.states[id]! }));
  const same = await model.innerRun({ image, promptIds, patches });
  expect(furthest(same.logits)).toBeLessThan(1e-4);
  // The last stream of the encoder is what the model's own norm makes tokens of: without it nothing is left to read.
  const last = sites.findLast(({ part, role }) => part === "encoder" && role === "stream")!;
  const empty = new Float32Array(plain.states[last.id]!.length);
  const blind = await model.innerRun({
    image,
    promptIds,
    patches: [{ site: last.id, value: empty }],
  });
  expect(furthest(blind.logits)).toBeGreaterThan(1);
}, 120_000);
