import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { validateParaphrase } from "./clinicalValidator.ts";
import { paraphrasesOf } from "./paraphrases.ts";
import { expandQuestions, plainQuestions } from "./questionBank.ts";
import { recognizeQuestion } from "./recognize.ts";
import { loadTokenizer } from "./tokenizer.ts";
import type { SpecialTokens } from "./tokenizer.ts";

describe("the question bank", () => {
  test("every wording has its own text and a whole set of blanks filled in", () => {
    const questions = expandQuestions();
    for (const q of questions) expect(q.text).not.toMatch(/[{}]|undefined|  /);
    const texts = new Map<string, string>();
    for (const q of questions.filter((q) => q.equivalent)) {
      const key = q.text.toLowerCase();
      expect(texts.get(key) ?? q.canonicalId, key).toBe(q.canonicalId);
      texts.set(key, q.canonicalId);
    }
  });

  test("training never saw a held-out wording, and every strategy holds some out", () => {
    const presence = expandQuestions().filter((q) => q.canonicalId === "presence.effusion");
    for (const strategy of ["lexical", "syntactic", "pragmatic", "negation"] as const) {
      const own = presence.filter((q) => q.strategy === strategy && q.equivalent);
      expect(own.some((q) => q.heldOut)).toBe(true);
      expect(own.some((q) => !q.heldOut)).toBe(true);
    }
  });
});

describe("paraphrases", () => {
  test.each(plainQuestions().map((q) => [q.text]))("%s has at least five equivalents", (text) => {
    const asked = recognizeQuestion(text);
    const others = paraphrasesOf(asked, 7);
    expect(others.length).toBeGreaterThanOrEqual(5);
    expect(new Set(others.map((q) => q.text)).size).toBe(others.length);
    for (const q of others) {
      expect(q.canonicalId).toBe(asked.canonicalId);
      expect(q.equivalent).toBe(true);
      expect(q.text).not.toBe(text);
    }
    expect(paraphrasesOf(asked, 7)).toEqual(others);
  });
});

describe("what a strategy may change", () => {
  const of = (strategy: string) =>
    expandQuestions().filter((q) => q.strategy === strategy && q.equivalent);
  const plainFor = (canonicalId: string) =>
    plainQuestions().find((q) => q.canonicalId === canonicalId)!;

  test("syntactic wordings keep the entity set: the same places and findings are named", () => {
    expect(of("syntactic").length).toBeGreaterThan(20);
    for (const { text, canonicalId } of of("syntactic")) {
      const { checks } = validateParaphrase(plainFor(canonicalId).text, text);
      const kept = checks.filter(({ check }) => check === "anatomy" || check === "findings");
      expect(kept, text).toHaveLength(2);
      expect(
        kept.every(({ passed }) => passed),
        text,
      ).toBe(true);
    }
  });

  test("pragmatic wordings keep the answer space: politeness, hedges and roles ask for the same words", () => {
    expect(of("pragmatic").length).toBeGreaterThan(20);
    for (const question of of("pragmatic")) {
      expect(question.answerSpace, question.text).toBe(plainFor(question.canonicalId).answerSpace);
      expect(recognizeQuestion(question.text).answerSpace, question.text).toBe(
        question.answerSpace,
      );
    }
  });
});

test("the reader's own wording is never listed as another one", () => {
  for (const typed of ["Is there a pleural effusion", "is there a  pleural effusion ?"]) {
    const others = paraphrasesOf(recognizeQuestion(typed), 7).map((q) => q.text);
    expect(others).not.toContain("Is there a pleural effusion?");
  }
  // Another wording was asked, so the plain one is a paraphrase of it.
  const free = recognizeQuestion("Is the radiograph free of pleural effusion?");
  expect(paraphrasesOf(free, 7).map((q) => q.text)).toContain("Is there a pleural effusion?");
});

describe("recognising a typed question", () => {
  test.each([
    ["Is there a pleural effusion?", "presence.effusion", 1],
    ["any pneumothorax", "presence.pneumothorax", 1],
    ["Do you see a lung nodule in this normal-looking film?", "presence.nodule", 1],
    ["What is your diagnosis: consolidation?", "presence.consolidation", 1],
    ["is there no nodule here", "presence.nodule", -1],
    ["Is edema absent?", "presence.edema", -1],
    ["which side is the pneumothorax on?", "side.pneumothorax", 1],
    ["how large is the effusion", "size.effusion", 1],
    ["is this film normal", "normal", 1],
    ["PA or AP view", "view", 1],
    ["Was this taken at the bedside?", "portable", 1],
  ])("%s", (text, canonicalId, polarity) => {
    const understood = recognizeQuestion(text);
    expect(understood.canonicalId).toBe(canonicalId);
    expect(understood.polarity).toBe(polarity);
    expect(understood.text).toBe(text);
  });

  test.each(["", "   ", "What is the weather?", "x".repeat(300)])(
    "%j is refused in a sentence",
    (text) => {
      expect(() => recognizeQuestion(text)).toThrow(
        expect.objectContaining({ code: "question-invalid" }),
      );
    },
  );
});

describe("the tokenizer", () => {
  const folder = new URL("../../public/models/base/", import.meta.url);
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  const { tokenizer } = read("manifest.json") as {
    tokenizer: { specialTokens: SpecialTokens };
  };
  const { bos, ans, report, eos } = tokenizer.specialTokens;
  const loaded = loadTokenizer(read("tokenizer.json"), tokenizer.specialTokens);

  // Ids from the Python package `tokenizers` 0.23 on the same tokenizer.json.
  test.each<[string, number[]]>([
    ["Is there a pleural effusion?", [302, 304, 264, 333, 331, 35]],
    ["  IS\tTHERE a   Pneumothorax ? ", [302, 304, 264, 340, 225, 35]],
    ["No nodule, correct?", [280, 344, 16, 491, 35]],
    [
      "Gibt es einen Pleuraergu\u00df?",
      [225, 75, 77, 70, 88, 225, 295, 370, 77, 312, 82, 651, 263, 75, 89, 132, 258, 35],
    ],
    [
      "\u80f8\u6c34\u306f\u3042\u308a\u307e\u3059\u304b",
      [
        225, 169, 230, 121, 167, 113, 117, 164, 228, 112, 164, 228, 229, 164, 229, 237, 164, 228,
        127, 164, 228, 252, 164, 228, 238,
      ],
    ],
    [
      "na\u00efve caf\u00e9 \u2014 \u201cquoted\u201d",
      [
        225, 82, 69, 132, 112, 355, 309, 69, 74, 132, 107, 225, 163, 227, 247, 225, 163, 227, 255,
        85, 89, 83, 694, 163, 227, 256,
      ],
    ],
    ["e\u0301dema", [370, 141, 228, 438]],
    ["\ud83e\udec1 x-ray?", [225, 177, 258, 109, 228, 696, 17, 715, 35]],
    [
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      [
        264, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69,
        69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69,
        69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69, 69,
      ],
    ],
    ["", []],
    ["1,500 mL", [225, 21, 16, 25, 20, 20, 225, 81, 80]],
    ["can't you see it's enlarged?", [434, 11, 88, 359, 455, 297, 88, 11, 87, 473, 35]],
  ])("gives Python's ids for %j", (text, ids) => {
    expect(loaded.encodeQuestion(text)).toEqual([bos, ...ids, ans]);
  });

  test("a report is told apart from a question, and cut at the longest that was trained", () => {
    const ids = loaded.encodeReport("Is there a pleural effusion?");
    expect(ids).toEqual([bos, report, 302, 304, 264, 333, 331, 35, eos]);
    const long = loaded.encodeReport("Is there a pleural effusion? ".repeat(40));
    expect(long).toHaveLength(64);
    expect(long.at(-1)).toBe(eos);
  });

  test("every answer of the manifest is one token", () => {
    const { answerSpaces } = read("manifest.json") as {
      answerSpaces: Record<string, { answers: string[]; tokenIds: number[] }>;
    };
    for (const { answers, tokenIds } of Object.values(answerSpaces)) {
      expect(answers.map((word) => loaded.idOf(word))).toEqual(tokenIds);
    }
  });

  test("a file that is no tokenizer is refused by name", () => {
    expect(() => loadTokenizer({ nothing: true }, tokenizer.specialTokens)).toThrow(
      expect.objectContaining({ code: "model-damaged" }),
    );
  });
});
