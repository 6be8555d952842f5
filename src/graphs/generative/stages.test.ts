/** Stages of a LLaVA folder against what else is known of it: PyTorch's logits, the model's own answers, and plain arithmetic. */
import { expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { vlmFiles, vlmVectors } from "../../testing/vlmFolders.ts";
import { LlavaModel } from "./llavaModel.ts";
import { sharesOf, partingBlock, stageShift } from "./stageShift.ts";
import { VlmStages } from "./stages.ts";

interface Vectors {
  readonly question: string;
  readonly grey: readonly number[];
  readonly logits: readonly number[];
}

it.each([undefined, "q4", "eager"])("reads a folder's stages in the form %s", async (form) => {
  const golden = await vlmVectors<Vectors>("llava");
  const files = await vlmFiles("llava", form);
  const model = await LlavaModel.open(files, nodeSessions(1));
  const prompt = model.prompt(golden.question);
  const picture = Float32Array.from(golden.grey);
  const stages = await VlmStages.open(files, nodeSessions(1));
  const reading = await stages.read(picture, prompt);
  // Taken apart, the model says what it says as a whole.
  const whole = await model.nextLogits(picture, prompt);
  expect(linfNorm(subtract(reading.logits, whole))).toBeLessThan(1e-4 * linfNorm(whole));
  if (form !== "q4") {
    expect(linfNorm(subtract(reading.logits, golden.logits))).toBeLessThan(
      1e-4 * linfNorm(golden.logits),
    );
  }
  expect(reading.connector).toMatchObject({ rows: 4, width: 32 });
  expect(reading.answer.map(({ block }) => block)).toEqual([
    "stem",
    "self-attention 1",
    "MLP 1",
    "self-attention 2",
    "MLP 2",
  ]);
  // The decoder's stream begins with the connector's tokens and the words.
  expect(reading.picture[0]!.data).toEqual(reading.connector.data);
  const last = prompt.after.at(-1)!;
  expect([...reading.answer[0]!.data]).toEqual([...(await stages.words([last])).data]);
  expect(reading.attention).toHaveLength(2);
  for (const { heads, onPicture, maps } of reading.attention) {
    expect(heads).toBe(2);
    expect(maps).toHaveLength(2 * 4);
    for (const share of onPicture) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);
    }
  }
  const dark = picture.map((value) => value / 2);
  const shift = stageShift(reading, await stages.read(dark, prompt));
  expect(shift.connector.cosine).toBeLessThan(0.9999);
  // The answer's own word is the same whatever the picture: only what attention brings to it moves.
  expect(shift.answer[0]!.cosine).toBeCloseTo(1, 6);
  expect(shift.answer.at(-1)!.cosine).toBeLessThan(0.9999);
  expect(shift.attention.some(({ divergence }) => divergence > 0)).toBe(true);
  expect(stageShift(reading, reading).logits).toBeCloseTo(1, 6);
  await stages.release();
  await model.release();
});

it("averages heads over the picture, and finds where a stream falls away", () => {
  const maps = Float32Array.of(0.1, 0.3, 0.2, 0);
  const mean = sharesOf({ layer: 0, heads: 2, onPicture: Float32Array.of(0.4, 0.2), maps });
  expect([...mean].map((value) => Number(value.toFixed(6)))).toEqual([0.5, 0.5]);
  const at = (block: string, cosine: number) => ({ block, cosine, least: cosine });
  expect(partingBlock([at("stem", 1), at("MLP 1", 0.9), at("MLP 2", 0.5)])).toBe("MLP 2");
  expect(partingBlock([at("stem", 1), at("MLP 1", 1)])).toBeUndefined();
});
