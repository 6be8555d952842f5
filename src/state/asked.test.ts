import { expect, test } from "vitest";
import type { DefenseItem } from "../defenses/defense.ts";
import { askedInWords, askedOf } from "./asked.ts";
import type { Asked } from "./asked.ts";
import { openingWindow } from "./specEdits.ts";

const film = { vois: [{ kind: "linear" as const, center: 40, width: 400 }] };
const model: Asked["model"] = { id: "base", precision: "int8" };
const bare: Asked = {
  model,
  window: openingWindow(film),
  defenses: [],
  question: "Is there a nodule?",
};

const item = (defense: string, params = {}, rest: Partial<DefenseItem> = {}): DefenseItem => ({
  id: "d",
  defense,
  enabled: true,
  seed: 1,
  params,
  ...rest,
});

test("an answer belongs to its question and to all that made it, each setting of each defense included", () => {
  const asked = [
    bare,
    { ...bare, question: "Is there an effusion?" },
    { ...bare, model: { ...model, precision: "fp16" as const } },
    { ...bare, model: { ...model, id: "noise" } },
    { ...bare, window: { kind: "automatic" as const } },
    { ...bare, window: { kind: "file" as const, index: 1 } },
    { ...bare, window: { kind: "manual" as const, center: 40, width: 80 } },
    { ...bare, case: { kind: "file" as const, sha256: "a", square: { kind: "whole" as const } } },
    { ...bare, defenses: [item("bitDepth", { removed: 4 })] },
    { ...bare, defenses: [item("bitDepth", { removed: 3 })] },
    { ...bare, defenses: [item("bitDepth", { removed: 4 }), item("jpegFilter")] },
    { ...bare, defenses: [item("jpegFilter"), item("bitDepth", { removed: 4 })] },
    { ...bare, defenses: [item("noiseVote")] },
    { ...bare, defenses: [item("noiseVote", {}, { seed: 2 })] },
  ].map((each) => askedOf(each, film));
  expect(new Set(asked).size).toBe(asked.length);
});

test("what changes nothing changes no key: a defense that is off or at strength 0, the seed of one that draws nothing, a default written out", () => {
  for (const defenses of [
    [item("gaussianFilter", {}, { enabled: false })],
    [item("purifier", { sigma: 0 })],
  ]) {
    expect(askedOf({ ...bare, defenses }, film)).toBe(askedOf(bare, film));
  }
  const one = { ...bare, defenses: [item("purifier")] };
  const other = { ...bare, defenses: [item("purifier", { sigma: 0.25 }, { seed: 9, id: "e" })] };
  expect(askedOf(other, film)).toBe(askedOf(one, film));
});

test("the film itself, and where its file keeps it, is no part of what is asked", () => {
  const of = (frame?: number) => ({
    kind: "file" as const,
    sha256: "a",
    ...(frame ? { frame } : {}),
  });
  expect(askedOf({ ...bare, case: of(2) }, film)).toBe(askedOf(bare, film));
  const whole = { ...of(), square: { kind: "whole" as const } };
  expect(askedInWords({ ...bare, case: whole }, film)).toBe("Base model, int8, given whole films");
});

test("films as they were opened are asked alike, with a window of their own or without", () => {
  const plain = { vois: [] };
  expect(askedOf({ ...bare, window: openingWindow(plain) }, plain)).toBe(askedOf(bare, film));
  expect(askedOf({ ...bare, window: { kind: "full" } }, plain)).not.toBe(askedOf(bare, film));
});

test("the heading names the model, a window that is not the film’s, and every defense with its settings", () => {
  expect(askedInWords(bare, film)).toBe("Base model, int8");
  const defenses = [item("purifier", { sigma: 0.1 }), item("jpegFilter", {}, { enabled: false })];
  const window = { kind: "manual" as const, center: 40, width: 80 };
  expect(askedInWords({ ...bare, defenses, window }, film)).toBe(
    "Base model, int8, given a window of 80 around 40, behind Purifier (noise level 0.1)",
  );
  const own = { ...bare, model: { id: "own-1", precision: "fp32" as const } };
  expect(askedInWords(own, film, "densenet")).toBe("densenet, fp32");
});
