/** Stages of a LLaVA folder against what else is known of it: PyTorch's logits, the model's own answers, and plain arithmetic. */
import { expect, it } from "vitest";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { linfNorm, subtract } from "../../tensor/norms.ts";
import { vlmFiles, vlmSource, vlmVectors } from "../../testing/vlmFolders.ts";
import { wordRows } from "../../model/innerModel.ts";
import type { InnerPatch } from "../../model/innerModel.ts";
import { openModel } from "../openModel.ts";
import { probeRunner } from "../runners.ts";
import { LlavaModel } from "./llavaModel.ts";
import { buildFolder } from "./ownFolder.ts";
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

it("what instruments see of words and picture in one sequence is what the stages hold, and goes into its own place unchanged", async () => {
  const golden = await vlmVectors<Vectors>("llava");
  const picture = Float32Array.from(golden.grey);
  const sessions = nodeSessions(1);
  const stages = await VlmStages.open(await vlmFiles("llava"), sessions);
  const model = await LlavaModel.open(await vlmFiles("llava"), sessions);
  const reading = await stages.read(picture, model.prompt(golden.question));
  const { ready } = await buildFolder(await vlmSource("llava"), {}, probeRunner(sessions));
  const inner = await openModel(ready, sessions);
  const sites = await inner.innerSites();
  const streams = sites.filter(({ role }) => role === "stream");
  const promptIds = inner.encodePrompt(golden.question);
  const request = { image: picture, promptIds };
  const read = sites.map(({ id }) => id);
  // Tokens that are counted in an answer's sum stand at -1e9 themselves.
  const said = (all: Float32Array) => all.filter((value) => value > -1e8);
  const whole = await inner.innerRun({ ...request, read });
  const [states, logits] = [whole.states, said(whole.logits)];
  const rowOf = (id: string, row: number, width: number) =>
    states[id]!.slice(row * width, (row + 1) * width);

  const connector = streams.find(({ block }) => block === "connector")!;
  expect(relative(states[connector.id]!, reading.connector.data)).toBeLessThan(1e-5);
  const language = streams.filter(({ part }) => part === "answer");
  expect(language.map(({ label }) => label.replace("answer ", ""))).toEqual(
    reading.answer.map(({ block }) => block),
  );
  const before = model.prompt(golden.question).before.length;
  language.forEach((site, k) => {
    const width = site.shape.at(-1)!;
    const { rows } = site;
    // At the answer's place, and at each of the picture's.
    const answers = rowOf(site.id, rows!.words[promptIds.length - 1]!, width);
    expect(relative(answers, reading.answer[k]!.data)).toBeLessThan(1e-4);
    const seen = rows!.picture.flatMap((row) => [...rowOf(site.id, row, width)]);
    expect(relative(seen, reading.picture[k]!.data)).toBeLessThan(1e-4);
    // All the words and none of the picture.
    expect(wordRows(site, promptIds.length - 1)).toHaveLength(promptIds.length - 1);
    expect(rows!.words[before]).toBe(rows!.picture.at(-1));
  });

  const put = async (patches: readonly InnerPatch[]) =>
    said((await inner.innerRun({ ...request, patches })).logits);
  for (const { id } of sites) {
    const same = await put([{ site: id, value: states[id]! }]);
    expect(linfNorm(subtract(same, logits)), id).toBeLessThan(1e-5 * linfNorm(logits));
  }
  // The tokens of another picture in the connector's place: the language side reads that picture.
  const dark = picture.map((value) => value / 2);
  const other = await inner.innerRun({ image: dark, promptIds, read: [connector.id] });
  const given = await put([{ site: connector.id, value: other.states[connector.id]! }]);
  expect(linfNorm(subtract(given, logits))).toBeGreaterThan(1e-3 * linfNorm(logits));
  expect(linfNorm(subtract(given, said(other.logits)))).toBeLessThan(1e-4 * linfNorm(logits));
  await inner.release();
  await stages.release();
  await model.release();
});

function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return linfNorm(subtract(Float32Array.from(actual), expected)) / linfNorm(expected);
}

it("averages heads over the picture, and finds where a stream falls away", () => {
  const maps = Float32Array.of(0.1, 0.3, 0.2, 0);
  const mean = sharesOf({ layer: 0, heads: 2, onPicture: Float32Array.of(0.4, 0.2), maps });
  expect([...mean].map((value) => Number(value.toFixed(6)))).toEqual([0.5, 0.5]);
  const at = (block: string, cosine: number) => ({ block, cosine, least: cosine });
  expect(partingBlock([at("stem", 1), at("MLP 1", 0.9), at("MLP 2", 0.5)])).toBe("MLP 2");
  expect(partingBlock([at("stem", 1), at("MLP 1", 1)])).toBeUndefined();
});
