import { expect, test } from "vitest";
import { correctedAnswer, decodeAnswer } from "./answer.ts";

test("softmax, margin and outside mass match a hand computation", () => {
  // exp(2), exp(1), exp(0) over the vocabulary; answers are tokens 2 (yes) and 0 (no).
  const logits = Float32Array.of(1, 0, 2);
  const decoded = decodeAnswer(logits, ["yes", "no"], [2, 0], 1);
  expect(decoded.answer).toBe("yes");
  expect(decoded.margin).toBeCloseTo(1, 6);
  expect(decoded.probabilities["yes"]).toBeCloseTo(Math.E / (Math.E + 1), 6);
  expect(decoded.massOutside).toBeCloseTo(1 / (Math.E ** 2 + Math.E + 1), 6);
});

test("a negated wording swaps yes and no in the corrected answer, and nothing else", () => {
  const decoded = decodeAnswer(Float32Array.of(3, 1), ["yes", "no"], [0, 1], -1);
  expect(decoded.answer).toBe("yes");
  expect(decoded.corrected).toBe("no");
  expect(decoded.margin).toBe(2);
  expect(correctedAnswer("left", -1)).toBe("left");
});

test("three answers: the margin is to the runner-up", () => {
  const decoded = decodeAnswer(Float32Array.of(0.5, 2, 1.25), ["a", "b", "c"], [0, 1, 2], 1);
  expect(decoded.answer).toBe("b");
  expect(decoded.margin).toBeCloseTo(0.75, 6);
  const total = Object.values(decoded.probabilities).reduce((a, b) => a + b, 0);
  expect(total).toBeCloseTo(1, 12);
});

test("logits far from zero stay finite", () => {
  const decoded = decodeAnswer(Float32Array.of(900, -900), ["yes", "no"], [0, 1], 1);
  expect(decoded.probabilities["yes"]).toBe(1);
  expect(decoded.massOutside).toBe(0);
});
