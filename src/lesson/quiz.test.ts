import { expect, test } from "vitest";
import { validateSpec } from "../experiment/validateSpec.ts";
import { QUIZ_EPSILONS, quizFinding, quizRounds, quizScores } from "./quiz.ts";
import type { QuizAnswer } from "./quiz.ts";

test("a seed gives every laptop the same films, every size as often, on both sides", () => {
  const rounds = quizRounds(7, 24);
  expect(quizRounds(7, 24)).toEqual(rounds);
  expect(quizRounds(8, 24)).not.toEqual(rounds);
  for (const epsilon of QUIZ_EPSILONS) {
    expect(rounds.filter((round) => round.epsilon === epsilon)).toHaveLength(6);
  }
  const left = rounds.filter(({ isLeft }) => isLeft).length;
  expect(left).toBeGreaterThan(4);
  expect(left).toBeLessThan(20);
  for (const { spec, epsilon } of rounds) {
    expect(validateSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    expect(spec.stack).toMatchObject([{ attack: "pgd", norm: "linf", epsilon, enabled: true }]);
  }
});

const answer = (epsilon: number, isRight: boolean, flipped: boolean): QuizAnswer => ({
  epsilon,
  isRight,
  ssim: 0.9,
  flipped,
});

test("scores are counted by size, with intervals worked out by hand", () => {
  const answers = [answer(1, true, true), answer(1, false, true), answer(8, true, false)];
  const scores = quizScores(answers);
  expect(scores.map(({ epsilon, n, right, flips }) => [epsilon, n, right, flips])).toEqual([
    [1, 2, 1, 2],
    [8, 1, 1, 0],
  ]);
  // One of one: the lower end solves p = 0.025. One of two: p^2 + 2p(1-p) = 0.025, and its mirror image.
  expect(scores[1]!.interval.low).toBeCloseTo(0.025, 10);
  expect(scores[1]!.interval.high).toBe(1);
  expect(scores[0]!.interval.low).toBeCloseTo(1 - Math.sqrt(0.975), 10);
  expect(scores[0]!.interval.high).toBeCloseTo(Math.sqrt(0.975), 10);
});

test("a guesser is told so, and a sharp eye too", () => {
  const all = (n: number, right: number) =>
    Array.from({ length: n }, (_, k) => answer(2, k < right, true));
  expect(quizFinding(all(8, 5))).toContain("within what a guesser gets");
  // All of eight: a guesser has this once in 256.
  expect(quizFinding(all(8, 8))).toContain("more than a guesser");
  expect(quizFinding(all(8, 8))).toContain("8 of 8 times");
});
