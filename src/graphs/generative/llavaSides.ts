/** The two sides of a LLaVA: encoder with connector, and embedding table with decoder. */
import { LabError } from "../../errors/labError.ts";
import { ANSWER_SPACES, expandQuestions } from "../../language/questionBank.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { ReadyGraph } from "../readyModel.ts";
import { answerGraph } from "./answerGraph.ts";
import type { PromptLayout } from "./answerGraph.ts";
import { choiceOf, spokenChoice } from "./answers.ts";
import type { Choice } from "./answers.ts";
import { generationNotices } from "./generationNotice.ts";
import { halfPositionNotices } from "./halfPositions.ts";
import { specialToken } from "./modelFiles.ts";
import type { FolderFiles } from "./modelFiles.ts";
import type { Sides, Spoken } from "./sides.ts";
import { pictureGraph } from "./pictureGraph.ts";
import { imageToken, promptOf } from "./prompt.ts";
import { languageGraph } from "./readingEncoder.ts";
import { Speaker } from "./speaker.ts";

/** Tokens that a typed question, or a text to be said behind it, may have beyond the longest wording known. */
const SPARE = 8;

/** @param spoken what the reader counts as each answer; the spellings that are one token where absent */
export async function llavaSides(
  files: FolderFiles,
  spoken: Spoken | undefined,
  runner: GraphRunner,
): Promise<Sides> {
  const choices = choicesOf(files, spoken);
  const picture = await pictureGraph(files, runner);
  const [image, width] = picture.image;
  const layout: PromptLayout = {
    ...promptLayout(files),
    image,
    width,
    tiles: picture.tiles,
    rules: files.rules,
    padId: padOf(files),
  };
  const { model, vocabulary, shapes, taps, logits, textLogits, sequence } = await answerGraph(
    { embed: await files.graph("embed"), decoder: await languageGraph(files, runner) },
    layout,
    choices,
    runner,
  );
  const place = imageToken(files);
  const readsAll = files.rules.sees === "prefix";
  const words = choices.map(({ answer }) => answer);
  const spaces = Object.entries(ANSWER_SPACES).filter(([, answers]) =>
    answers.every((answer) => words.includes(answer)),
  );
  const missing = Object.entries(ANSWER_SPACES).filter(([key]) => !spaces.some(([k]) => k === key));
  return {
    picture,
    answer: {
      model: new ReadyGraph(model),
      logits,
      textLogits,
      crossTaps: taps,
      promptLength: layout.length,
      sequence,
      padId: padOf(files),
      tokenizer: {
        encodeQuestion: (question) => {
          const { before, after } = promptOf(files, question);
          if (before.length === layout.place) return [...before, place, ...after];
          throw new LabError(
            "model-unsupported",
            "The chat template puts the question before the picture, and the lab feeds this model pictures first.",
          );
        },
        encodeText: (text) => {
          if (!readsAll) return files.tokenizer.encode(text, false);
          throw new LabError(
            "model-incompatible",
            `${files.folder.label} reads its whole prompt at once, so that a text to be written cannot stand behind the question as if it were said already.`,
            { hint: "Move its answer or its features instead." },
          );
        },
      },
    },
    shapes,
    speech: async (sessions) => {
      const speaker = await Speaker.open(files, sessions);
      return {
        say: (tokens, ids, limits) => {
          const prompt = {
            text: "",
            before: ids.slice(0, layout.place),
            between: layout.between,
            after: ids.slice(layout.place + 1),
          };
          return speaker.say(tokens, prompt, limits);
        },
        words: {
          count: vocabulary,
          rows: async (from, n) => {
            const ids = Array.from({ length: n }, (_, k) => from + k);
            return (await speaker.embed(ids, width)).data;
          },
          text: (id) => files.tokenizer.decode([id]),
        },
        release: () => speaker.release(),
      };
    },
    spoken: Object.fromEntries(choices.map(({ answer, spellings }) => [answer, [...spellings]])),
    answerSpaces: Object.fromEntries(
      spaces.map(([key, answers]) => [
        key,
        {
          answers: [...answers],
          tokenIds: answers.map((answer) => vocabulary + words.indexOf(answer)),
        },
      ]),
    ),
    asks: promptOf(files, "Is there a pleural effusion?").text,
    notices: [
      ...generationNotices(files.generation),
      ...(files.rules.pixels === "tiles" ? halfPositionNotices(await files.graph("vision")) : []),
      ...missing.map(
        ([, answers]) =>
          `Questions answered by ${answers.join(", ")} are off: not each of these words is one token of this model.`,
      ),
      ...(files.folder.family === "seq2seq" && taps.length > 0
        ? [
            "Relevance follows what the decoder pays to the picture’s places, and not the encoder of picture and words before it, which has mixed them by then.",
          ]
        : []),
      taps.length === 0
        ? "The decoder does not show its attention, so none of the answer's is drawn over the picture."
        : "Maps of the answer show what its token pays to the picture, brought to sum 1; the rest of its attention goes to words.",
      "It has no one vector for a picture: features, their attacks and the certificate are about the mean of its picture tokens behind the connector.",
    ],
  };
}

/** Answers that single tokens say. @throws LabError "question-invalid" for a reader's spelling that is no single token */
function choicesOf({ tokenizer }: FolderFiles, spoken: Spoken | undefined): readonly Choice[] {
  if (spoken) {
    return Object.entries(spoken).map(([answer, spellings]) =>
      spokenChoice(tokenizer, answer, spellings),
    );
  }
  const found = [...new Set(Object.values(ANSWER_SPACES).flat())].flatMap((answer) => {
    try {
      return [choiceOf(tokenizer, answer)];
    } catch (error) {
      if (error instanceof LabError) return [];
      throw error;
    }
  });
  for (const answer of ["yes", "no"]) {
    // The lab's questions are these first of all: without them there is nothing to ask.
    if (!found.some((choice) => choice.answer === answer)) choiceOf(tokenizer, answer);
  }
  return found;
}

/** Where the picture stands in a prompt, and how long prompts may be: as the longest wording the lab knows, and a little more. */
function promptLayout(files: FolderFiles): Pick<PromptLayout, "length" | "place" | "between"> {
  const { before, between, after } = promptOf(files, "");
  const longest = Math.max(
    ...expandQuestions().map(({ text }) => files.tokenizer.encode(text, false).length),
  );
  const length = before.length + 1 + after.length + longest + SPARE;
  return { place: before.length, between, length };
}

function padOf({ tokenizer, tokenizerConfig }: FolderFiles): number {
  const names = ["pad_token", "eos_token"];
  const ids = names.map((name) => tokenizer.idOf(specialToken(tokenizerConfig, name)));
  return ids.find((id) => id !== undefined) ?? 0;
}
