/** From next-token logits to an answer within the question's answer space. */
import { LabError } from "../errors/labError.ts";

export interface DecodedAnswer {
  /** The preferred word as spoken. */
  readonly answer: string;
  /** The answer about the finding itself: yes and no swap where the wording is negated. */
  readonly corrected: string;
  /** Softmax over the answer space only, by word. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Probability of all words outside the answer space, from the softmax over the vocabulary. */
  readonly massOutside: number;
  /** In logits: yes minus no for yes/no questions, otherwise the answer minus the runner-up. */
  readonly margin: number;
}

/** @param logits over the vocabulary [V] @param tokenIds one per answer, same order */
export function decodeAnswer(
  logits: Float32Array,
  answers: readonly string[],
  tokenIds: readonly number[],
  polarity: 1 | -1,
): DecodedAnswer {
  const z = tokenIds.map((id) => logits[id]);
  if (
    z.length !== answers.length ||
    z.some((value) => value === undefined || Number.isNaN(value))
  ) {
    throw new LabError("model-incompatible", "The model gave no number for one of the answers.");
  }
  const scores = z as number[];
  const best = scores.indexOf(Math.max(...scores));
  const peak = scores[best]!;
  const exps = scores.map((value) => Math.exp(value - peak));
  const sum = exps.reduce((a, b) => a + b, 0);
  const answer = answers[best]!;
  const yes = answers.indexOf("yes");
  const no = answers.indexOf("no");
  const runnerUp = Math.max(...scores.filter((_, k) => k !== best));
  return {
    answer,
    corrected: correctedAnswer(answer, polarity),
    probabilities: Object.fromEntries(answers.map((word, k) => [word, exps[k]! / sum])),
    massOutside: outsideMass(logits, tokenIds),
    margin: yes >= 0 && no >= 0 ? scores[yes]! - scores[no]! : peak - runnerUp,
  };
}

/** What an answer to a negated wording says about the finding. */
export function correctedAnswer(answer: string, polarity: 1 | -1): string {
  if (polarity === 1) return answer;
  return answer === "yes" ? "no" : answer === "no" ? "yes" : answer;
}

function outsideMass(logits: Float32Array, tokenIds: readonly number[]): number {
  let peak = -Infinity;
  for (let i = 0; i < logits.length; i++) peak = Math.max(peak, logits[i]!);
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - peak);
  const inside = tokenIds.reduce((sum, id) => sum + Math.exp(logits[id]! - peak), 0);
  return Math.max(0, 1 - inside / total);
}
