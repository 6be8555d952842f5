import { expect, test } from "vitest";
import { blindKey } from "./roomStore.ts";

test("what a reader said of a film holds wherever its file keeps it, and whatever part of it the model is given", () => {
  const question = "Is there a nodule?";
  const film = { kind: "file", sha256: "ab" } as const;
  const key = blindKey({ case: film, question });
  expect(blindKey({ case: { ...film, frame: 2 }, question })).toBe(key);
  expect(blindKey({ case: { ...film, square: { kind: "whole" } }, question })).toBe(key);
  expect(blindKey({ case: { ...film, sha256: "cd" }, question })).not.toBe(key);
  expect(blindKey({ case: film, question: "Is there a line?" })).not.toBe(key);
});
