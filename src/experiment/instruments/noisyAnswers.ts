/** Answers to several wordings on noisy copies of a picture: each copy is encoded once and asked everything. */
import { noisyBatches } from "../../certificates/sampler.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import type { AnswerResult } from "../../system/reading.ts";
import type { System } from "../../system/system.ts";
import { stageKey } from "../stageCache.ts";
import type { StageScope } from "../stage.ts";
import { answersTo } from "./answersTo.ts";

export interface NoisyDraws {
  readonly sigma: number;
  readonly seed: number;
  readonly count: number;
}

/** What is asked of whom, around which picture; `key` names all three. */
export interface NoisySubject {
  readonly system: System;
  readonly image: Float32Array;
  readonly questions: readonly ExpandedQuestion[];
  readonly key: readonly string[];
}

/**
 * Yields the answers of one copy after the other, [wordings]. Copies that were made before with the same noise, for any
 * count, are not made again.
 */
export async function* noisyAnswers(
  { system, image, questions, key }: NoisySubject,
  { sigma, seed, count }: NoisyDraws,
  { context }: Pick<StageScope, "context">,
): AsyncGenerator<readonly AnswerResult[], void> {
  const asked = questions.map(({ text }) => text);
  const name = stageKey("noisy answers", { sigma, seed, asked }, key);
  const known = context.cache.get<(readonly AnswerResult[])[]>(name) ?? [];
  context.cache.set(name, known);
  yield* known.slice(0, count);
  let index = 0;
  const options = { sigma, seed, maxSamples: count, batch: 1 };
  for await (const [noisy] of noisyBatches(image, options, context)) {
    if (index++ < known.length || !noisy) continue;
    const answers = await answersTo(system, noisy, questions);
    if (context.signal.aborted) return;
    known.push(answers);
    yield answers;
  }
}
