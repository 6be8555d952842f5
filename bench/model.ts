/** The bundled model and one phantom with a question about it, for measurements without a page. */
import { openBundledModel } from "../src/cli/nodeLab.ts";
import { defaultSpec } from "../src/experiment/defaultSpec.ts";
import { snapToByteLattice } from "../src/image/grayImage.ts";
import type { AnswerObjective } from "../src/model/objective.ts";
import type { SessionFactory } from "../src/graphs/session.ts";
import { renderPhantom } from "../src/phantom/phantom.ts";

export async function openBenchModel(sessions: SessionFactory) {
  const { model: asked, question } = defaultSpec();
  const model = await openBundledModel(asked.id, asked.precision, sessions);
  const image = renderPhantom({ seed: 7, findings: [] }, model.manifest.input.size).image.slice();
  snapToByteLattice(image);
  const space = model.manifest.answerSpaces["yes-no"]!;
  const request: AnswerObjective = {
    kind: "answer",
    aim: "away",
    answer: space.answers[0]!,
    loss: "margin",
    promptIds: model.encodePrompt(question),
    answers: space.answers,
    answerTokenIds: space.tokenIds,
  };
  return { model, image, request };
}
