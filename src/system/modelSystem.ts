/** A bare model as a system: nothing stands between the picture and its graphs. */
import { decodeAnswer } from "../language/answer.ts";
import type { ExpandedQuestion } from "../language/questionBank.ts";
import { modelParts, partsBeside } from "../model/graphPart.ts";
import { isLinkable } from "../model/modelLink.ts";
import type { Encoding, Look, VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { answerSpaceOf } from "./answerSpace.ts";
import type { AnswerResult, Reading } from "./reading.ts";
import type { Halves, System } from "./system.ts";

export interface ModelSystem extends System {
  readonly model: VisionLanguageModel;
}

const WITH_MAPS: Look = { maps: true };

/**
 * @param id under which the model was opened: two descriptions of one graph (another patch grid) are two systems.
 * @param yieldToHost awaited between passes, so that a newer request is heard.
 * @param look without maps it is another system, which says the same and shows no attention.
 */
export function modelSystem(
  id: string,
  model: VisionLanguageModel,
  yieldToHost: () => Promise<void>,
  look = WITH_MAPS,
): ModelSystem {
  const { manifest } = model;
  // A picture is the same object for as long as its stage is cached: another question looks at no picture twice.
  const encodings = new WeakMap<Float32Array, Promise<Encoding>>();
  const encode = (image: Float32Array): Promise<Encoding> => {
    const known = encodings.get(image) ?? model.encode(image, look);
    encodings.set(image, known);
    known.catch(() => encodings.delete(image));
    return known;
  };
  const answer: Halves["answer"] = async (encoding, wordings) => {
    const answers: AnswerResult[] = [];
    let attention = encoding.attention;
    for (const [index, wording] of wordings.entries()) {
      await yieldToHost();
      // Where it looks is shown for the first wording alone.
      const asked = await ask(model, encoding, wording, { maps: look.maps && index === 0 });
      answers.push(asked.result);
      attention = [...attention, ...asked.crossAttention];
    }
    return readingOf(model, encoding, { answers, attention });
  };
  return {
    model,
    key: [
      id,
      model.precision,
      model.sha256,
      ...besideHashes(model),
      ...(look.maps ? [] : ["without maps"]),
    ].join(" "),
    size: manifest.input.size,
    manifest,
    gradient: model.gradient ?? "exact",
    read: async (image, wordings) => answer(await encode(image), wordings),
    halves: {
      encode: (image, wanted = look) =>
        wanted.maps === look.maps ? encode(image) : model.encode(image, { maps: false }),
      answer,
      ask: (tokens, promptIds) => model.answer(tokens, promptIds),
      slopes: model.slopes,
      say: model.say,
      words: model.words,
      captions: model.captions,
    },
    embed: (images) => model.embed(images),
    evaluator: (objective) => ({
      loss: (image) => model.loss(image, objective),
      lossAndGradient: (image) => model.lossGradient(image, objective),
    }),
    embedText: model.embedText,
    encodePrompt: (question) => model.encodePrompt(question),
    encodeText: (text) => model.encodeText(text),
    relevance: (image, objective) => model.relevance(image, objective),
    checkGradient: (image, objective, seed) => model.checkGradient(image, objective, seed),
    ...(isLinkable(model) && {
      async linked(links, key) {
        const graphs = links(model);
        const linked = await model.withLinks(graphs);
        const hashes = graphs.map(({ sha256 }) => sha256);
        return { ...modelSystem(id, linked, yieldToHost, look), key: [key, ...hashes].join("+") };
      },
    }),
  };
}

/** Of what decides answers beside the graphs that look and answer: its words, and its text encoder. */
function besideHashes({ manifest, precision, sha256 }: VisionLanguageModel): readonly string[] {
  return partsBeside(modelParts(manifest, precision, true), sha256).map((part) => part.sha256);
}

async function ask(
  model: VisionLanguageModel,
  encoding: Encoding,
  wording: ExpandedQuestion,
  look: Look,
) {
  const { answers, tokenIds } = answerSpaceOf(model.manifest, wording);
  const ids = model.encodePrompt(wording.text);
  const { logits, crossAttention } = await model.answer(encoding.tokens, ids, look);
  const result: AnswerResult = {
    question: wording.text,
    ...decodeAnswer(logits, answers, tokenIds, wording.polarity),
    polarity: wording.polarity,
    strategy: wording.strategy,
    // What a reader's own model was trained on, the lab can't tell.
    ...(model.manifest.folder ? {} : { trained: !wording.heldOut }),
  };
  return { result, crossAttention };
}

function readingOf(
  { manifest }: VisionLanguageModel,
  { embedding, tokens, selfAttentionMatrices }: Encoding,
  asked: Pick<Reading, "answers" | "attention">,
): Reading {
  const [rows, columns] = manifest.tokenGrid ?? [1, tokens.shape[1]!];
  return { ...asked, embedding, grid: [rows, columns], selfAttentionMatrices };
}
