/** Forms that published folders come in (models/golden/vlm_forms.py): float16, and weights in a file beside their graph. */
import { expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { wasmSessions } from "../../cli/wasmSessions.ts";
import { cosine, linfNorm, subtract } from "../../tensor/norms.ts";
import { vlmFiles, vlmFormFiles, vlmVectors } from "../../testing/vlmFolders.ts";
import { choiceOf } from "./answers.ts";
import { LlavaModel } from "./llavaModel.ts";
import { stageShift } from "./stageShift.ts";
import { VlmStages } from "./stages.ts";

interface Vectors {
  readonly question: string;
  readonly grey: readonly number[];
  readonly logits: readonly number[];
  readonly gradient: readonly number[];
  readonly generated: readonly number[];
}

const golden = await vlmVectors<Vectors>("llava");
const picture = Float32Array.from(golden.grey);

it.each([
  ["native", nodeSessions(1)],
  ["wasm", wasmSessions()],
] as const)(
  "float16 answers and has PyTorch's gradient within half precision (%s)",
  async (_, sessions) => {
    const files = await vlmFormFiles("fp16");
    const model = await LlavaModel.open(files, sessions);
    const prompt = model.prompt(golden.question);
    const logits = await model.nextLogits(picture, prompt);
    const error = linfNorm(subtract(logits, golden.logits)) / linfNorm(golden.logits);
    expect(error).toBeLessThan(0.01);
    // And it is half precision that was run, not the float32 graph under another name.
    expect(error).toBeGreaterThan(1e-6);
    const limits = { maxTokens: golden.generated.length };
    expect((await model.generate(picture, prompt, limits)).ids).toEqual(golden.generated);
    const [yes, no] = ["yes", "no"].map((answer) => choiceOf(files.tokenizer, answer));
    const oracle = await model.marginOracle(prompt, yes!, [no!]);
    const { gradient } = await oracle.lossAndGradient(picture);
    expect(cosine(gradient, golden.gradient)).toBeGreaterThan(0.999);
    await oracle.release();
    await model.release();
  },
);

it("shows the attention of float16 graphs, which is that of float32", async () => {
  const half = await vlmFormFiles("fp16");
  const whole = await vlmFiles("llava");
  const model = await LlavaModel.open(whole, nodeSessions(1));
  const prompt = model.prompt(golden.question);
  const [a, b] = [
    await VlmStages.open(whole, nodeSessions(1)),
    await VlmStages.open(half, nodeSessions(1)),
  ];
  const [first, second] = [await a.read(picture, prompt), await b.read(picture, prompt)];
  expect(second.attention).toHaveLength(first.attention.length);
  expect(second.answer.map(({ block }) => block)).toEqual(first.answer.map(({ block }) => block));
  const { connector, answer, attention } = stageShift({ ...first, encoder: [] }, second);
  for (const { cosine: same } of [connector, ...answer]) expect(same).toBeGreaterThan(0.9999);
  for (const { divergence } of attention) expect(divergence).toBeLessThan(1e-4);
  await a.release();
  await b.release();
  await model.release();
});

it("weights in .onnx_data beside a 4-bit graph give what the graph with its weights inside gives", async () => {
  const inside = await LlavaModel.open(await vlmFiles("llava", "q4"), nodeSessions(1));
  const beside = await LlavaModel.open(await vlmFormFiles("q4"), nodeSessions(1));
  const prompt = inside.prompt(golden.question);
  expect(await beside.nextLogits(picture, prompt)).toEqual(
    await inside.nextLogits(picture, prompt),
  );
  await inside.release();
  await beside.release();
});

it("names the weights' file that is not there", async () => {
  const files = await vlmFormFiles("q4", ["onnx/decoder_model_merged_q4.onnx_data"]);
  await expect(files.graph("decoder")).rejects.toThrow(
    /^onnx\/decoder_model_merged_q4\.onnx: .*decoder_model_merged_q4\.onnx_data/,
  );
});
