/** The two sides of a captioner: its image encoder, and a decoder that writes of the picture and is asked which of two captions is likelier. */
import type { GraphRunner } from "../../onnx/graph.ts";
import { LabError } from "../../errors/labError.ts";
import { ReadyGraph } from "../readyModel.ts";
import { CAPTION_PAD, CAPTION_SCORES, FREE_LOGITS, captionGraph } from "./captionGraph.ts";
import { CaptionWriter } from "./captionWriter.ts";
import { captionsFor } from "./captions.ts";
import type { FolderFiles } from "./modelFiles.ts";
import { pictureGraph } from "./pictureGraph.ts";
import { statedPositions } from "./positions.ts";
import type { Sides, Spoken } from "./sides.ts";
import { startOf } from "./writingTokens.ts";

const ANSWERS = ["yes", "no"];
/** Tokens of a text; fewer where the decoder takes fewer. */
const LENGTH = 64;
/** What is compared where the reader says nothing else. */
const SENTENCES: Spoken = { yes: ["there is {finding}."], no: ["there is no {finding}."] };

/** @param spoken one caption for yes and one for no, each with a place for the finding; the lab's own where absent */
export async function captionSides(
  files: FolderFiles,
  spoken: Spoken = SENTENCES,
  runner: GraphRunner,
): Promise<Sides> {
  const picture = await pictureGraph(files, runner);
  const [image, width] = picture.image;
  const length = Math.min(LENGTH, statedPositions(files) ?? LENGTH);
  const layout = { length, image, width, start: startOf(files) };
  const decoder = await files.graph("decoder");
  const { model, shapes, taps } = await captionGraph(decoder, layout, runner);
  const encode = (text: string): number[] => files.tokenizer.encode(text, false);
  const encodeQuestion = (question: string): number[] =>
    captionsFor(question, spoken).flatMap((caption) => padded(encode(caption), length));
  const example = captionsFor("Is there a pleural effusion?", spoken);
  return {
    picture,
    answer: {
      model: new ReadyGraph(model),
      logits: CAPTION_SCORES,
      textLogits: FREE_LOGITS,
      crossTaps: taps,
      promptLength: 3 * length,
      padId: CAPTION_PAD,
      tokenizer: { encodeQuestion, encodeText: encode },
    },
    shapes,
    speech: async (sessions) => {
      const writer = await CaptionWriter.open(
        { files, layout, attends: taps.length > 0, answering: model },
        sessions,
      );
      return {
        say: (tokens, _, limits) => writer.write(tokens, { ...limits, beams: 1 }),
        captions: writer,
        release: () => writer.release(),
      };
    },
    captions: { attends: taps.length > 0 },
    spoken: Object.fromEntries(ANSWERS.map((word) => [word, [...(spoken[word] ?? [])]])),
    answerSpaces: { "yes-no": { answers: ANSWERS, tokenIds: [0, 1] } },
    asks: example.join("\n"),
    notices: [
      "It writes captions and is never asked in words: yes or no is which of two captions it finds likelier, by the summed log-probability of their tokens.",
      taps.length === 0
        ? "The decoder does not show its attention, so none of a caption's is drawn over the picture."
        : "Maps of the answer show where the caption for yes looks, as a mean over its tokens.",
      "It has no one vector for a picture: features, their attacks and the certificate are about the mean of its picture tokens.",
    ],
  };
}

function padded(ids: readonly number[], length: number): readonly number[] {
  if (ids.length <= length) {
    return [...ids, ...Array<number>(length - ids.length).fill(CAPTION_PAD)];
  }
  throw new LabError(
    "question-invalid",
    `The caption has ${ids.length} tokens; this model is open for at most ${length}.`,
    { hint: "Say it in fewer words." },
  );
}
