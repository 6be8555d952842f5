/** Every family of generative models, exported as browser models are with random weights, against PyTorch (models/golden/vlm_families.py). */
import { describe, expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { wasmSessions } from "../../cli/wasmSessions.ts";
import { decodeAnswer } from "../../language/answer.ts";
import { serializeModel } from "../../onnx/file.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { graphOf, replaceGraph, withNodeFields } from "../../onnx/messages.ts";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import {
  FAMILY_NAMES,
  familyFiles,
  familySource,
  familyVectors,
} from "../../testing/vlmFamilies.ts";
import { openModel } from "../openModel.ts";
import { probeRunner } from "../runners.ts";
import { choiceOf } from "./answers.ts";
import { LlavaModel } from "./llavaModel.ts";
import { readFolderFiles } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { buildFolder } from "./ownFolder.ts";
import { imageToken, promptOf, shapeOf } from "./prompt.ts";
import { partsOf } from "./sequence.ts";
import { VlmStages } from "./stages.ts";
import { GRAY_INPUT, withGrayPicture } from "./visionInputs.ts";

const relative = (actual: ArrayLike<number>, expected: readonly number[]): number =>
  linfNorm(subtract(Float32Array.from(actual), expected)) / linfNorm(expected);

describe.each(FAMILY_NAMES)("%s", (name) => {
  it("lays the prompt and the pixels out as its processor does", async () => {
    const golden = await familyVectors(name);
    const files = await familyFiles(name);
    expect(files.size).toBe(golden.side);
    const model = await LlavaModel.open(files, nodeSessions(1));
    const prompt = model.prompt(golden.question);
    const image = golden.ids.filter((id) => id === imageToken(files)).length;
    const texts = { ...prompt, between: prompt.between.flat() };
    const ids = partsOf(shapeOf(prompt, image)).flatMap(({ of, from, to }) =>
      of === "image" ? Array<number>(to - from).fill(imageToken(files)) : texts[of].slice(from, to),
    );
    expect(ids).toEqual(golden.ids);
    await model.release();
    const graph = new GraphBuilder(withGrayPicture(await files.graph("vision"), files));
    graph.setOutputs([]);
    graph.addOutput("pixel_values/prepared", 1);
    const picture = Float32Array.from(golden.grey, (v) => v / 255);
    const feeds = { [GRAY_INPUT]: floatTensor(picture, [1, 1, golden.side, golden.side]) };
    const session = await nodeSessions(1).create(serializeModel(graph.build()));
    const made = await session.run(feeds);
    const pixels = made["pixel_values/prepared"]!.data as Float32Array;
    await session.release();
    expect(pixels).toHaveLength(golden.pixels.length);
    // Written to four digits; a grey of 1/255 is 0.0078 and more behind the processors' divisions.
    expect(linfNorm(subtract(pixels, golden.pixels))).toBeLessThan(1e-4);
  });

  it.each([
    ["native", nodeSessions(1)],
    ["wasm", wasmSessions()],
  ] as const)("says and feels what PyTorch's model does (%s)", async (_, sessions) => {
    const golden = await familyVectors(name);
    const files = await familyFiles(name);
    const model = await LlavaModel.open(files, sessions);
    const prompt = model.prompt(golden.question);
    const picture = Float32Array.from(golden.grey, (v) => v / 255);
    expect(relative(await model.nextLogits(picture, prompt), golden.logits)).toBeLessThan(1e-4);
    const limits = { maxTokens: golden.generated.length };
    const { ids, stopped } = await model.generate(picture, prompt, limits);
    // PyTorch's goes on behind an end.
    expect(ids).toEqual(golden.generated.slice(0, ids.length));
    if (stopped === "budget") expect(ids).toHaveLength(golden.generated.length);
    const [yes, no] = ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer));
    const oracle = await model.marginOracle(prompt, yes!, [no!]);
    const { loss, gradient } = await oracle.lossAndGradient(picture);
    expect(loss).toBeCloseTo(golden.margin, 4);
    expect(relative(gradient, golden.gradient)).toBeLessThan(1e-4);
    expect(oracle.surrogateNodes).toEqual([]);
    await oracle.release();
    await model.release();
  });

  it("is a model like the others, whatever pads its questions", async () => {
    const golden = await familyVectors(name);
    const sessions = nodeSessions(1);
    const built = await buildFolder(await familySource(name), {}, probeRunner(sessions));
    const model = await openModel(built.ready, sessions);
    const { answers, tokenIds } = built.manifest.answerSpaces["yes-no"]!;
    const picture = Float32Array.from(golden.grey, (v) => v / 255);
    const ids = model.encodePrompt(golden.question);
    const { tokens } = await model.encode(picture);
    const { logits, crossAttention } = await model.answer(tokens, ids);
    const said = decodeAnswer(logits, answers, tokenIds, 1);
    const odds = Math.log(said.probabilities["no"]! / said.probabilities["yes"]!);
    expect(odds).toBeCloseTo(golden.margin, 4);
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
    // What the answer's token looks at, on the places of the picture.
    expect(crossAttention.length).toBeGreaterThan(0);
    const [rows, columns] = built.ready.vision.grid;
    let seen = 0;
    for (const { maps, grid } of crossAttention) {
      expect(grid).toEqual([rows, columns]);
      const sum = maps.slice(0, rows * columns).reduce((a, b) => a + b);
      // A layer of a narrow window does not look as far back as the picture.
      expect(Math.abs(sum - Math.round(sum))).toBeLessThan(1e-5);
      seen += Math.round(sum);
    }
    expect(seen).toBeGreaterThan(0);
    const relevance = await model.relevance(picture, objective);
    expect(relevance).toHaveLength(rows * columns);
    await model.release();
  });

  it("shows its stages, which say what the whole says", async () => {
    const golden = await familyVectors(name);
    const files = await familyFiles(name);
    const model = await LlavaModel.open(files, nodeSessions(1));
    const prompt = model.prompt(golden.question);
    const stages = await VlmStages.open(files, nodeSessions(1));
    const picture = Float32Array.from(golden.grey, (v) => v / 255);
    const reading = await stages.read(picture, prompt);
    expect(relative(reading.logits, golden.logits)).toBeLessThan(1e-4);
    expect(reading.attention.length).toBeGreaterThan(0);
    expect(reading.answer.length).toBeGreaterThan(0);
    await stages.release();
    await model.release();
  });
});

it("takes pictures of any size as Qwen2-VL's processor does, 448 where nobody says", async () => {
  const { names, source } = await familySource("qwen2_vl");
  const wide = {
    read: async (file: string) =>
      file === "preprocessor_config.json"
        ? new TextEncoder().encode(
            JSON.stringify({ do_rescale: true, patch_size: 4, merge_size: 2, max_pixels: 1e6 }),
          )
        : source.read(file),
  };
  const sizeAt = async (side?: number) => (await readFolderFiles(names, wide, { side })).size;
  expect(await sizeAt()).toBe(448);
  expect(await sizeAt(61)).toBe(64);
  // At least 56 x 56 pixels, and at most a million.
  expect(await sizeAt(20)).toBe(56);
  expect(await sizeAt(2000)).toBe(1000);
  const golden = await familyVectors("qwen2_vl");
  const files = await readFolderFiles(names, source, { side: golden.side });
  expect(files.size).toBe(golden.side);
});

it("asks Florence-2's tasks by the sentences of its processor, with or without a token for the picture", async () => {
  const files = await familyFiles("florence2");
  const caption = promptOf(files, "<CAPTION>");
  expect(caption.text).toMatch(/<s>What does the image describe\?<\/s>$/);
  expect(promptOf(files, "<REGION_TO_OCR> heart").text).toMatch(
    /What text is in the region heart\?/,
  );
  const { image_token_id: _none, ...config } = files.config;
  expect(promptOf({ ...files, config }, "<CAPTION>")).toEqual({
    ...caption,
    text: caption.text.replace("<image>", ""),
  });
});

describe("gemma3 by the generative runtime's builder", () => {
  it("sees the past alone, and says and feels so what PyTorch's does", async () => {
    const golden = await familyVectors("gemma3");
    const files = await familyFiles("gemma3", "fused");
    const model = await LlavaModel.open(files, nodeSessions(1));
    const prompt = model.prompt(golden.question);
    const picture = Float32Array.from(golden.grey, (v) => v / 255);
    const { fused } = golden;
    expect(relative(await model.nextLogits(picture, prompt), fused!.logits)).toBeLessThan(1e-4);
    const { ids } = await model.generate(picture, prompt, { maxTokens: fused!.generated.length });
    expect(ids).toEqual(fused!.generated.slice(0, ids.length));
    const [yes, no] = ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer));
    const oracle = await model.marginOracle(prompt, yes!, [no!]);
    const { gradient } = await oracle.lossAndGradient(picture);
    expect(relative(gradient, fused!.gradient)).toBeLessThan(1e-4);
    await oracle.release();
    await model.release();
  });

  it("answers in int4, with the slope of the int4 weights", async () => {
    const golden = await familyVectors("gemma3");
    const files = await familyFiles("gemma3", "q4");
    const model = await LlavaModel.open(files, nodeSessions(1));
    const prompt = model.prompt(golden.question);
    const picture = Float32Array.from(golden.grey, (v) => v / 255);
    const far = relative(await model.nextLogits(picture, prompt), golden.fused!.logits);
    // Four bits move the logits, and not beyond recognition.
    expect(far).toBeGreaterThan(1e-3);
    expect(far).toBeLessThan(0.6);
    const [yes, no] = ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer));
    // The builder's int4 rounds activations to 8 bits, and says so; without that the slope is exact.
    const rounding = await model.marginOracle(prompt, yes!, [no!]);
    expect(rounding.surrogateNodes.length).toBeGreaterThan(0);
    expect(rounding.surrogateNodes.every((label) => label.startsWith("MatMulNBits "))).toBe(true);
    await rounding.release();
    await model.release();
    const smooth = await LlavaModel.open(withoutRounding(files), nodeSessions(1));
    const oracle = await smooth.marginOracle(prompt, yes!, [no!]);
    expect(oracle.surrogateNodes).toEqual([]);
    const { gradient } = await oracle.lossAndGradient(picture);
    const along = gradient.map((g) => g / linfNorm(gradient));
    const h = 3e-3;
    const up = await oracle.loss(picture.map((v, i) => v + h * along[i]!));
    const down = await oracle.loss(picture.map((v, i) => v - h * along[i]!));
    const slope = gradient.reduce((sum, g, i) => sum + g * along[i]!, 0);
    expect(Math.abs((up - down) / (2 * h) / slope - 1)).toBeLessThan(0.01);
    await oracle.release();
    await smooth.release();
  });
});

/** The same int4 weights with their products in float32. */
function withoutRounding(files: FolderFiles): FolderFiles {
  return {
    ...files,
    graph: async (part) => {
      const model = await files.graph(part);
      const node = graphOf(model).node.map((each) =>
        withNodeFields(each, {
          attribute: each.attribute.filter(({ name }) => name !== "accuracy_level"),
        }),
      );
      return replaceGraph(model, { node });
    },
  };
}
