/** Everything read off one image: the answer to each wording, the features, and where the system looked. */
import { rolloutReceived } from "../explanations/rollout.ts";
import { paraphrasesOf } from "../language/paraphrases.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import { canAnswer } from "../model/manifest.ts";
import type { Reading } from "../system/reading.ts";
import type { System } from "../system/system.ts";
import type { Readout } from "./results.ts";

/** Wordings asked beside the reader's own. */
export const PARAPHRASES = 7;

/** @throws LabError "question-invalid" when the system has no answers to the question */
export async function readOut(
  system: System,
  image: Float32Array,
  question: string,
): Promise<Readout> {
  const understood = canAnswer(system.manifest) ? recognizeQuestion(question) : undefined;
  const wordings = understood ? [understood, ...paraphrasesOf(understood, PARAPHRASES)] : [];
  const reading = await system.read(image, wordings);
  const [answer = null, ...paraphrases] = reading.answers;
  const { embedding, grid, attention } = reading;
  return { answer, paraphrases, embedding, grid, attention, rollout: rolloutOf(reading) };
}

/** Received per image token; class or register tokens, if any, come before the image's. */
function rolloutOf({ selfAttentionMatrices, grid: [rows, columns] }: Reading): Float32Array {
  const tokens = Math.round(Math.sqrt(selfAttentionMatrices[0]?.length ?? 0));
  if (tokens === 0) return new Float32Array();
  return rolloutReceived(selfAttentionMatrices, tokens).slice(-rows * columns);
}
