/** What an answer hangs on, on the bundled model. */
import { expect, it } from "vitest";
import { openBundledModel } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { renderPhantom } from "../phantom/phantom.ts";

it("relevance is a map of its own for each question and each answer", async () => {
  const { model: asked, case: opened } = defaultSpec();
  const model = await openBundledModel(asked.id, asked.precision, nodeSessions(1));
  if (opened.kind !== "phantom") throw new Error("the opening case is a phantom");
  const { size } = model.manifest.input;
  const image = renderPhantom(opened.phantom, size).image.slice();
  const space = model.manifest.answerSpaces["yes-no"]!;
  const relevance = (question: string, answer: string) =>
    model.relevance(image, {
      kind: "answer",
      aim: "towards",
      answer,
      loss: "margin",
      promptIds: model.encodePrompt(question),
      answers: space.answers,
      answerTokenIds: space.tokenIds,
    });
  const effusion = await relevance("Is there a pleural effusion?", "yes");
  const heart = await relevance("Is the heart enlarged?", "yes");
  const denied = await relevance("Is there a pleural effusion?", "no");
  const [rows, columns] = model.manifest.tokenGrid!;
  for (const map of [effusion, heart, denied]) {
    expect(map).toHaveLength(rows * columns);
    expect(Math.min(...map)).toBeGreaterThanOrEqual(0);
    expect(map.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
  }
  const apart = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / 2;
  expect(apart(effusion, heart)).toBeGreaterThan(0.05);
  expect(apart(effusion, denied)).toBeGreaterThan(0.05);
  await model.release();
});
