/** What of an element's properties a reader sees or hears, in the page's language. */
import { translated } from "./locale.ts";

export type Props = Readonly<Record<string, unknown>>;

const SPOKEN = [
  "title",
  "alt",
  "label",
  "placeholder",
  "aria-label",
  "aria-description",
  "aria-roledescription",
  "aria-valuetext",
] as const;

/** Written for machines, or by the reader. */
const VERBATIM = new Set(["code", "pre", "samp", "textarea", "script", "style"]);

/** @param type an HTML or SVG element's name, or empty for a fragment. */
export function spokenProps(type: string, props: Props): Props {
  const changed: Record<string, unknown> = {};
  for (const name of SPOKEN) {
    const value = props[name];
    if (typeof value === "string") changed[name] = translated(value);
  }
  if (VERBATIM.has(type) || props["translate"] === "no") return { ...props, ...changed };
  const { children } = props;
  if (typeof children === "string") changed["children"] = translated(children);
  else if (Array.isArray(children)) changed["children"] = spokenChildren(children);
  return { ...props, ...changed };
}

/**
 * Neighbouring strings and numbers make up one sentence ("{n} of {m} films"): it is looked up whole, then piece by piece.
 * The list keeps its length, by which React tells children apart.
 */
function spokenChildren(children: readonly unknown[]): readonly unknown[] {
  const made = [...children];
  for (let start = 0; start < made.length; start++) {
    let end = start;
    while (end < made.length && !(typeof made[end] === "object" && made[end] !== null)) end++;
    if (end === start) continue;
    speakRun(made, start, end);
    start = end;
  }
  return made;
}

function speakRun(made: unknown[], start: number, end: number): void {
  const texts = made.slice(start, end).map((piece) => (isText(piece) ? String(piece) : ""));
  const whole = texts.join("");
  const said = translated(whole);
  for (let k = start; k < end; k++) {
    if (!isText(made[k])) continue;
    if (said === whole) made[k] = translated(String(made[k]));
    else made[k] = "";
  }
  if (said !== whole) made[made.findIndex((piece, k) => k >= start && piece === "")] = said;
}

function isText(piece: unknown): piece is string | number {
  return typeof piece === "string" || typeof piece === "number";
}
