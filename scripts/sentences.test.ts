/** Every language of the page is complete: no sentence of the source, the lessons and the glossary without its translation. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { LANGUAGES } from "../src/state/keyStore.ts";
import { bareTexts, pageSentences, sentencesOf } from "./sentences.ts";
import { ROOT } from "./toolchain.mjs";

interface Dictionary {
  readonly language: string;
  readonly review: string;
  /** Names, and words for the model, which are the same in every language. */
  readonly kept: readonly string[];
  readonly sentences: Readonly<Record<string, string>>;
}

const FOLDER = path.join(ROOT, "public/languages");
const dictionaries = readdirSync(FOLDER).map(
  (file) => JSON.parse(readFileSync(path.join(FOLDER, file), "utf8")) as Dictionary,
);
const others = LANGUAGES.map(([id]) => id).filter((id) => id !== "en");
const places = (text: string) => (text.match(/\{[^}]*\}/g) ?? []).toSorted();

test("each language that the page offers has a dictionary, and says who checked it", () => {
  expect(dictionaries.map(({ language }) => language).toSorted()).toEqual(others.toSorted());
  for (const { review } of dictionaries) expect(review).not.toBe("");
});

test.each(dictionaries.map((dictionary) => [dictionary.language, dictionary] as const))(
  "%s: every sentence of the page has a translation with the same places",
  (_, { sentences, kept }) => {
    const missing = [...pageSentences()].filter(
      ([sentence]) => !Object.hasOwn(sentences, sentence) && !kept.includes(sentence),
    );
    expect(missing.map(([sentence, file]) => `${file}: ${sentence}`)).toEqual([]);
    for (const [english, other] of Object.entries(sentences)) {
      expect(places(other), english).toEqual(places(english));
    }
  },
);

test.each(others)("%s: lessons and glossary are complete, with the same places", (language) => {
  const lessons = path.join(ROOT, "public/lessons");
  const files = [
    path.join(ROOT, "public/glossary.json"),
    ...readdirSync(lessons).map((file) => path.join(lessons, file)),
  ];
  for (const file of files) {
    for (const text of spokenIn(JSON.parse(readFileSync(file, "utf8")) as unknown)) {
      expect(text[language], `${file}: ${text["en"]}`).toBeTruthy();
      expect(places(text[language]!), text["en"]).toEqual(places(text["en"]!));
    }
  }
});

function spokenIn(value: unknown): readonly Readonly<Record<string, string>>[] {
  if (typeof value !== "object" || value === null) return [];
  if ("en" in value) return [value as Readonly<Record<string, string>>];
  return Object.values(value).flatMap(spokenIn);
}

test("no component returns bare text, which would pass by the door of the languages", () => {
  const folder = path.join(ROOT, "src/ui");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".tsx"))) {
    const text = readFileSync(path.join(folder, file), "utf8");
    expect(bareTexts(text, file), file).toEqual([]);
  }
  const bare = 'function Cell({ n }) { if (n === null) return "–"; return <b>{n}</b>; }';
  expect(bareTexts(bare, "cell.tsx")).toEqual(["–"]);
});

test("sentences are read as they reach the screen", () => {
  const source = `
    const HELP = { id: "some-id", help: "Blurs the picture.", label: "Blur" };
    export function Count({ n, m }) {
      if (n === "not a sentence at all") return null;
      return (
        <p title="How many" className="one two">
          {n} of {m} films
          <b>are {n > 1 ? "many" : "few"}</b>
          {\`Take \${n} of them\` + " now."}
        </p>
      );
    }`;
  expect(sentencesOf(source, "count.tsx").toSorted()).toEqual(
    [
      "Blur",
      "Blurs the picture.",
      "How many",
      "Take {0} of them now.",
      "are {0}",
      "few",
      "many",
      "{0} of {1} films",
    ].toSorted(),
  );
});
