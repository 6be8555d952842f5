/** The two sides of a CLIP or SigLIP: the image tower, and what scores two captions against its patches. */
import { LabError } from "../../errors/labError.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { GraphView } from "../../onnx/graph.ts";
import { readShapes } from "../../onnx/shapes.ts";
import { findAttentionTaps, fusedAttentionNodes } from "../../onnx/taps.ts";
import { ReadyGraph } from "../readyModel.ts";
import { captionVectors } from "./captionVectors.ts";
import { CAPTIONS, captionLength, captionsFor, laidOutCaptions } from "./captions.ts";
import { CAPTION_LOGITS, dualGraphs } from "./dualGraphs.ts";
import type { FolderFiles } from "./modelFiles.ts";
import type { Sides, Spoken } from "./sides.ts";

const ANSWERS = ["yes", "no"];

/** @param spoken one caption for yes and one for no, each with a place for the finding; the lab's own where absent */
export async function dualSides(
  files: FolderFiles,
  spoken: Spoken = CAPTIONS,
  runner: GraphRunner,
): Promise<Sides> {
  const layout = { captions: ANSWERS.length, length: captionLength(files) };
  const { picture, answer } = await dualGraphs(files, layout, runner);
  const example = captionsFor("Is there a pleural effusion?", spoken);
  const numbers = 2 * layout.captions * layout.length;
  const [count, width] = picture.image;
  const shapes = await readShapes(answer, runner, {
    shapes: { ids: [1, numbers], tokens: [1, count, width] },
  });
  const view = new GraphView(answer);
  const taps = fusedAttentionNodes(view).length > 0 ? [] : findAttentionTaps(view, shapes);
  return {
    picture,
    answer: {
      model: new ReadyGraph(answer),
      logits: CAPTION_LOGITS,
      crossTaps: taps.filter(({ shape }) => shape.at(-1) === count && shape.at(-2) === 1),
      promptLength: numbers,
      tokenizer: {
        encodeQuestion: (question) => {
          const { ids, mask } = laidOutCaptions(files, captionsFor(question, spoken));
          return [...ids, ...mask];
        },
        encodeText: () => {
          throw new LabError(
            "model-incompatible",
            `${files.folder.label} writes no text: it scores captions.`,
            { hint: "Move its answer or its features instead." },
          );
        },
      },
    },
    shapes,
    text: await captionVectors(files),
    spoken: Object.fromEntries(ANSWERS.map((word) => [word, [...(spoken[word] ?? [])]])),
    answerSpaces: { "yes-no": { answers: ANSWERS, tokenIds: [0, 1] } },
    asks: example.join("\n"),
    notices: [
      "It compares a picture with two captions, so it answers whether one finding is there; all wordings of a question become the same two captions.",
      `${files.folder.label} writes no text.`,
    ],
  };
}
