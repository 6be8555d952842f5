/** A plot's words in the page's language: plotly.js draws them itself, past the door of the components. */
import { isTranslating, translated } from "../locale/locale.ts";
import type { Drawable } from "./drawable.ts";

/** Properties of a plot's description that hold words. */
const WORDS = new Set(["title", "description", "label", "name", "rows", "columns"]);

export function spokenPlot<T extends Drawable>(spec: T): T {
  return isTranslating() ? (spoken(spec, "") as T) : spec;
}

function spoken(value: unknown, name: string): unknown {
  if (typeof value === "string") return WORDS.has(name) ? spokenLines(value) : value;
  if (Array.isArray(value)) return value.map((entry) => spoken(entry, name));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spoken(inner, key)]));
}

/** Words that were written in two lines stay in two. */
function spokenLines(words: string): string {
  if (!words.includes("\n")) return translated(words);
  const said = translated(words.replaceAll(/\s+/g, " "));
  const middle = said.length / 2;
  const spaces = [...said.matchAll(/ /g)].map(({ index }) => index);
  if (spaces.length === 0) return said;
  const at = spaces.reduce((best, k) =>
    Math.abs(k - middle) < Math.abs(best - middle) ? k : best,
  );
  return `${said.slice(0, at)}\n${said.slice(at + 1)}`;
}
