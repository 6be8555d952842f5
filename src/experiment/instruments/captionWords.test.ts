import { expect, test } from "vitest";
import type { Captioning } from "../../model/captioning.ts";
import { captionWords } from "./captionWords.ts";
import type { InstrumentResult } from "./instrumentResult.ts";

const WORDS = { clean: ["there is", " edema."], disturbed: ["no", " edema."] };

/** Writes word by word; the first token of the picture says which one. */
const captions: Captioning = {
  attends: true,
  async *write({ data }) {
    const pieces = WORDS[data[0] === 0 ? "clean" : "disturbed"];
    const logs = [Math.log(0.5), Math.log(0.25)];
    for (const k of [1, 2]) {
      const said = { ids: [4, 5].slice(0, k), logProbabilities: logs.slice(0, k) };
      yield { text: pieces.slice(0, k).join(""), ...said };
    }
    return { text: pieces.join(""), ids: [4, 5], logProbabilities: logs, pieces, stopped: "end" };
  },
  // A class token stands before the four of the picture.
  attention: (_, ids) =>
    Promise.resolve(
      ids.map((id) => Float32Array.of(0.2, id === 4 ? 0.8 : 0, 0, 0, id === 4 ? 0 : 0.8)),
    ),
};

async function results(aborted = false): Promise<readonly InstrumentResult[]> {
  const encode = (image: Float32Array) =>
    Promise.resolve({ tokens: { dtype: "float32", shape: [1, 5, 1], data: image } });
  const given = {
    system: { halves: { captions, encode }, manifest: { tokenGrid: [2, 2] } },
    input: { image: Float32Array.of(0) },
    disturbed: { image: Float32Array.of(1) },
  };
  const scope = {
    params: { beams: 1, maxTokens: 9 },
    context: { signal: { aborted }, yieldToHost: () => Promise.resolve() },
  };
  const run = captionWords.run(given as never, scope as never);
  const all: InstrumentResult[] = [];
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value ? [...all, step.value] : all;
    all.push((step.value as { partial: InstrumentResult }).partial);
  }
}

test("both reports come word by word, each word with its probability and its map", async () => {
  const all = await results();
  expect(all).toHaveLength(5);
  expect(all[0]!.statement).toBe("Of the clean picture it writes: “there is”");
  const last = all.at(-1)!;
  expect(last.statement).toBe(
    "Of the clean picture it writes “there is edema.”, of the disturbed one “no edema.”.",
  );
  expect(last.words!.map(({ pieces }) => pieces.map(({ text, map }) => [text, map]))).toEqual([
    [
      ["there is", "clean-0"],
      [" edema.", "clean-1"],
    ],
    [
      ["no", "disturbed-0"],
      [" edema.", "disturbed-1"],
    ],
  ]);
  expect(last.words![0]!.pieces[1]!.probability).toBeCloseTo(0.25, 6);
  expect(
    last.maps!.map(({ id, data, picture }) => [
      id,
      [...data].map((v) => v.toFixed(1)).join(),
      picture,
    ]),
  ).toContainEqual(["disturbed-1", "0.0,0.0,0.0,0.8", "disturbed"]);
  const value = (id: string) => last.quantities.find((each) => each.id === id)!.value;
  expect(value("findingAgreement")).toBe(0);
  expect(value("cleanLogLikelihood")).toBeCloseTo(Math.log(0.125), 6);
});

test("it stops where it is told to, and any other model is told apart by name", async () => {
  expect(await results(true)).toHaveLength(1);
  expect(captionWords.obstacle!({ system: { halves: {} } } as never)).toMatch(/no captioner/);
});
