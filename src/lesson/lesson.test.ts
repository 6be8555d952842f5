/** Conditions, live words, rooms and answer codes. */
import { assert, integer, nat, property, subarray } from "fast-check";
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { answerCode, collectCodes, readAnswerCode } from "./answerCode.ts";
import type { NamedAnswers } from "./answerCode.ts";
import { conditionSchema, holds } from "./condition.ts";
import type { LessonState } from "./lessonState.ts";
import { valueAt } from "./lessonState.ts";
import { HIDDEN, LOCKS, keepLocked, readRoomLink, roomFragment } from "./room.ts";
import type { HiddenName, LockName } from "./room.ts";
import { parseLesson } from "./schema.ts";
import { filled, isComplete, said } from "./spoken.ts";

const state: LessonState = {
  spec: defaultSpec(),
  results: { metrics: { l2: 2.5, flipped: false, tiny: 1e-5 }, list: [{ id: "a.b", value: 3 }] },
  view: { attention: "rollout" },
};

test("a condition is about the state; what is not there fulfils nothing, not even a difference", () => {
  const of = (condition: unknown) => holds(conditionSchema.parse(condition), state);
  expect(of({ value: "results.metrics.l2", is: "less", to: 3 })).toBe(true);
  expect(of({ value: "results.metrics.l2", is: "more", to: 2.5 })).toBe(false);
  expect(of({ value: "results.metrics.l2", is: "atLeast", to: 2.5 })).toBe(true);
  expect(of({ value: "results.list[a.b].value", is: "more", toValue: "results.metrics.l2" })).toBe(
    true,
  );
  expect(of({ value: "results.metrics.flipped", is: "equal", to: false })).toBe(true);
  expect(of({ value: "results.readout.answer", is: "different", to: "yes" })).toBe(false);
  expect(of({ value: "results.metrics.l2", is: "more", toValue: "results.none" })).toBe(false);
  const weak = { value: "item.epsilon", is: "atMost", to: 3 };
  const strong = { value: "item.epsilon", is: "atLeast", to: 8 };
  expect(of({ some: "spec.stack", where: weak })).toBe(true);
  expect(of({ some: "spec.stack", where: strong })).toBe(false);
  expect(
    of({
      all: [
        { some: "spec.stack", where: weak },
        { value: "view.attention", is: "equal", to: "rollout" },
      ],
    }),
  ).toBe(true);
  expect(
    of({
      any: [
        { some: "spec.stack", where: strong },
        { value: "spec.question", is: "equal", to: "x" },
      ],
    }),
  ).toBe(false);
});

test("a condition that compares with nothing or looks outside the state is refused", () => {
  const refused = (condition: unknown) =>
    expect(conditionSchema.safeParse(condition).success).toBe(false);
  refused({ value: "results.metrics.l2", is: "less" });
  refused({ value: "results.metrics.l2", is: "less", to: 1, toValue: "results.metrics.l2" });
  refused({ value: "window.location", is: "equal", to: "x" });
  refused({ value: "results.metrics.l2", is: "about", to: 1 });
  refused({ all: [] });
  expect(valueAt(state, "spec.constructor")).toBeUndefined();
});

test("words are filled with the numbers of the bench, and dots stand for what is not there yet", () => {
  expect(
    filled("l2 {results.metrics.l2|1}, {results.metrics.tiny|%}, {results.gone|2}", state),
  ).toBe("l2 2.5, less than 0.1 %, …");
  expect(filled("It is {results.gone}. Wait.", state)).toBe("It is … Wait.");
  expect(isComplete("l2 {results.metrics.l2|1} and {results.gone|2}", state)).toBe(false);
  expect(isComplete("l2 {results.metrics.l2|1}", state)).toBe(true);
  expect(filled("{spec.question}", state)).toBe(defaultSpec().question);
  expect(said({ en: "film", de: "Aufnahme" }, "de")).toBe("Aufnahme");
  expect(said({ en: "film" }, "de")).toBe("film");
});

test("a file that is no lesson is refused by its first wrong field", () => {
  expect(() => parseLesson({ format: "penumbra-lesson" })).toThrow(
    /This lesson can't be read: version/,
  );
});

test("a room's link says what it was made of, and junk opens nothing", () => {
  const locks = subarray(Object.keys(LOCKS) as LockName[]);
  const hidden = subarray([...HIDDEN] as HiddenName[]);
  assert(
    property(
      locks,
      hidden,
      nat(1_000_000),
      integer({ min: 1, max: 9 }),
      (lock, hide, seed, step) => {
        const link = {
          lesson: "fgsm",
          ...(step > 1 ? { step } : {}),
          locks: lock,
          hidden: hide,
          seed,
        };
        expect(readRoomLink(roomFragment(link))).toEqual(link);
        const quiz = { quiz: 12, locks: lock, hidden: hide, seed };
        expect(readRoomLink(roomFragment(quiz))).toEqual(quiz);
      },
    ),
  );
  expect(readRoomLink("#lesson=<script>&lock=case,stack,__proto__&seed=1e99&hide=all")).toEqual({
    lesson: "script",
    locks: ["case"],
    hidden: [],
    seed: 2 ** 20 - 1,
  });
  expect(roomFragment({ locks: ["case"], hidden: [] }, "#p1.AAAA")).toBe("#p1.AAAA&lock=case");
});

test("what is locked stays, and the rest of the same edit goes through", () => {
  const before = defaultSpec();
  const next = { ...before, stack: [], question: "Is there a pneumothorax?" };
  expect(keepLocked(next, before, [])).toBe(next);
  expect(keepLocked(next, before, ["disturbances"])).toEqual({ ...next, stack: before.stack });
  expect(keepLocked(next, before, ["disturbances", "question"])).toBe(before);
  expect(keepLocked({ ...before, window: { kind: "full" } }, before, ["case"])).toBe(before);
});

const handedIn: NamedAnswers = {
  name: "Zoë 7",
  answers: { what: "lesson", lesson: "fgsm", steps: [{ done: true, predicted: 1, tried: [0, 2] }] },
};

test("an answer code brings back what was answered; a mistyped or cut one is refused", () => {
  const code = answerCode(handedIn);
  expect(readAnswerCode(code)).toEqual(handedIn);
  for (let at = 4; at < code.length; at++) {
    const other = code[at] === "A" ? "B" : "A";
    // The last character may carry bits that no byte has.
    const wrong = `${code.slice(0, at)}${other}${code.slice(at + 1)}`;
    if (at < code.length - 1)
      expect(() => readAnswerCode(wrong), String(at)).toThrow(/answer code/);
    expect(() => readAnswerCode(code.slice(0, at))).toThrow(/answer code/);
  }
  expect(() => readAnswerCode("hello")).toThrow("This is no answer code.");
});

test("codes are found among what a chat puts around them, each once", () => {
  const quiz = answerCode({ name: "B", answers: { what: "quiz", seed: 3, right: [true, false] } });
  const code = answerCode(handedIn);
  const found = collectCodes(`Anna: ${code}\n> "${quiz}", again ${code} and ${code.slice(0, -6)}`);
  expect(found.answers.map(({ name }) => name)).toEqual(["Zoë 7", "B"]);
  expect(found.refused).toHaveLength(1);
  // However little was left of it, one that is missing from the table is told.
  expect(collectCodes("pa1.aA hello pa").refused).toMatchObject([{ piece: "pa1.aA" }]);
});
