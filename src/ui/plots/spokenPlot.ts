/** A plot's words in the page's language: plotly.js draws them itself, past the door of the components. */
import { isTranslating, translated } from "../locale/locale.ts";
import type { Drawable } from "./drawable.ts";

/** Properties of a plot's description that hold words. */
const WORDS = new Set(["title", "description", "label", "name", "rows", "columns"]);

export function spokenPlot<T extends Drawable>(spec: T): T {
  return isTranslating() ? (spoken(spec, "") as T) : spec;
}

function spoken(value: unknown, name: string): unknown {
  if (typeof value === "string") return WORDS.has(name) ? translated(value) : value;
  if (Array.isArray(value)) return value.map((entry) => spoken(entry, name));
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spoken(inner, key)]));
}
