import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const UI = path.join(import.meta.dirname, "..");
const HOOK = /\buse(?:Results|View|Experiment|Cases|Models|Page)\(/g;
/** Calls whose result is another object each time. */
const FRESH =
  /\.(?:keys|values|entries|map|filter|flatMap|slice|concat|toSorted|toReversed|split)$/;

/** What stands between a parenthesis and its partner. */
function within(text: string, from: number): string {
  let depth = 1;
  let at = from;
  for (; depth > 0 && at < text.length; at++) {
    if ("([{".includes(text[at]!)) depth++;
    else if (")]}".includes(text[at]!)) depth--;
  }
  return text.slice(from, at - 1);
}

/** What a selector gives back, without what stands in brackets. */
function isFresh(selector: string): boolean {
  const body = selector.replace(/^[\s\S]*?=>\s*/, "").replace(/[\s,]+$/, "");
  if (/^\(?\s*[{[]/.test(body) || !selector.includes("=>")) return /^\(\s*[{[]|^\[/.test(body);
  const last = body.lastIndexOf("(");
  if (!body.endsWith(")")) return false;
  let depth = 0;
  let at = body.length - 1;
  for (; at >= 0; at--) {
    if (body[at] === ")") depth++;
    else if (body[at] === "(" && --depth === 0) break;
  }
  return last >= 0 && FRESH.test(body.slice(0, at));
}

// React asks a selector twice and goes on for ever where the answers are never the same object: the page is gone.
test("no selector of a store makes a new object at each call", () => {
  const files = readdirSync(UI, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file),
  );
  const found = files.flatMap((file) => {
    const text = readFileSync(path.join(UI, file), "utf8");
    return [...text.matchAll(HOOK)]
      .map((match) => within(text, match.index + match[0].length))
      .filter(isFresh)
      .map((selector) => `${file}: ${selector.trim()}`);
  });
  expect(found).toEqual([]);
});

/** What is open for a moment, or about the experiment as a whole. */
const ASK_FOR_ALL = [
  "compare/AgreementDialog.tsx",
  "compare/CompareDialog.tsx",
  "context/Gated.tsx",
  "lessons/Instructor.tsx",
  "panels/BlindReading.tsx",
  "share/SharePanel.tsx",
  "studies/StudyBuilder.tsx",
];

// Each tick of a slider makes a new experiment. A hook of half the page that asked for all of it drew 45 cards, a gallery and the
// patient's sliders anew with every one, twenty times a second.
test("nothing that is always on screen hangs on the whole experiment or on all results", () => {
  const files = readdirSync(UI, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(?<!\.test)\.tsx?$/.test(file),
  );
  const whole =
    /\buse(?:Experiment|Results)\(\s*(?:\((\w+)\) => \1(?:\.(?:spec|stages))?|\(\{ (spec|stages) \}\) => \2),?\s*\)/;
  const found = files.filter((file) => whole.test(readFileSync(path.join(UI, file), "utf8")));
  expect(found.toSorted()).toEqual(ASK_FOR_ALL);
});

test("what is a new object is told from what is not", () => {
  expect(isFresh("(s) => Object.keys(s.stages.clean ?? {}),")).toBe(true);
  expect(isFresh("(s) => s.items.filter((item) => item.on)")).toBe(true);
  expect(isFresh("(s) => ({ a: s.a })")).toBe(true);
  expect(isFresh("(s) => [s.a, s.b]")).toBe(true);
  expect(isFresh("(s) => Object.keys(s.stages.clean ?? {}).length")).toBe(false);
  expect(isFresh("(s) => isStale(s, stage)")).toBe(false);
  expect(isFresh("currentNumbers")).toBe(false);
});
