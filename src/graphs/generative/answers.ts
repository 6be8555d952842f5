/** Answers as the tokens that say them. */
import { LabError } from "../../errors/labError.ts";
import type { PromptTokenizer } from "../../language/promptTokenizer.ts";

export interface Choice {
  readonly answer: string;
  /** What is counted as this answer, as it is written, and the one token that stands for each. */
  readonly spellings: readonly string[];
  readonly ids: readonly number[];
}

export interface ScoredChoice extends Choice {
  /** Share of the next token's probability that its spellings have together. */
  readonly probability: number;
}

/**
 * Every spelling of an answer that is one token of this model: small, capital and all capitals, after a space and without.
 * @throws LabError "question-invalid" for an answer that has none
 */
export function choiceOf(tokenizer: PromptTokenizer, answer: string): Choice {
  const capital = answer.charAt(0).toUpperCase() + answer.slice(1);
  const found = new Map<number, string>();
  for (const word of [answer, capital, answer.toUpperCase()]) {
    for (const spelling of [word, ` ${word}`]) {
      const ids = tokenizer.encode(spelling, false);
      if (ids.length === 1 && !found.has(ids[0]!)) found.set(ids[0]!, spelling);
    }
  }
  if (found.size === 0) {
    throw new LabError(
      "question-invalid",
      `"${answer}" is no single token of this model, so that its probability cannot be read off the next one.`,
    );
  }
  return { answer, spellings: [...found.values()], ids: [...found.keys()] };
}

/**
 * An answer as the reader counts it.
 * @throws LabError "question-invalid" for a spelling that is no single token of this model
 */
export function spokenChoice(
  tokenizer: PromptTokenizer,
  answer: string,
  spellings: readonly string[],
): Choice {
  const ids = spellings.map((spelling) => {
    const [id, ...more] = tokenizer.encode(spelling, false);
    if (id !== undefined && more.length === 0) return id;
    throw new LabError(
      "question-invalid",
      `"${spelling}" is no single token of this model, so that its probability cannot be read off the next one.`,
      { hint: `Leave it out of what counts as “${answer}”.` },
    );
  });
  return { answer, spellings, ids: [...new Set(ids)] };
}

/** @param logits of the next token, over the whole vocabulary */
export function scoreChoices(logits: Float32Array, choices: readonly Choice[]): ScoredChoice[] {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  return choices.map((choice) => ({
    ...choice,
    probability: choice.ids.reduce((sum, id) => sum + Math.exp(logits[id]! - largest), 0) / total,
  }));
}

/** The likeliest of them. */
export function likeliest<T extends { readonly probability: number }>(scored: readonly T[]): T {
  return scored.reduce((best, each) => (each.probability > best.probability ? each : best));
}
