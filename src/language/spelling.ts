/** Typing errors of one letter in the words that decide what a question asks. */
import { correctable, isNeutral } from "./vocabulary.ts";

export interface Correction {
  readonly typed: string;
  readonly read: string;
}

/** Real words one letter away from a decisive word. */
const REAL_WORDS: ReadonlySet<string> = new Set([
  "larger",
  "largest",
  "bright",
  "fright",
  "light",
  "night",
  "might",
  "heat",
  "heard",
  "hearts",
  "trace",
  "fluids",
  "places",
  "air",
  "lunch",
]);

/** Words not understood are replaced where exactly one decisive word is one typing error away. Lower case in and out. */
export function correctSpelling(text: string): { text: string; corrections: Correction[] } {
  const corrections: Correction[] = [];
  const corrected = text.replaceAll(/[\p{L}]+/gu, (typed) => {
    if (typed.length < 4 || isNeutral(typed) || REAL_WORDS.has(typed)) return typed;
    if (correctable().has(typed)) return typed;
    const close = [...correctable()].filter((word) => oneErrorApart(typed, word));
    const read = close[0];
    // Two candidates are fine when they are forms of one word.
    if (read === undefined || close.some((word) => word.slice(0, 5) !== read.slice(0, 5))) {
      return typed;
    }
    corrections.push({ typed, read });
    return read;
  });
  return { text: corrected, corrections };
}

/**
 * Letters doubled or not, one letter left out or added, two neighbours swapped, or, in words of six letters and more, one letter wrong:
 * short words have too many real neighbours for that.
 */
export function oneErrorApart(typed: string, word: string): boolean {
  const single = (text: string) => text.replaceAll(/(.)\1/g, "$1");
  if (typed !== word && single(typed) === single(word)) return true;
  const [short, long] = typed.length <= word.length ? [typed, word] : [word, typed];
  if (long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at++;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  if (at === short.length) return false;
  const swapped = short[at] === long[at + 1] && short[at + 1] === long[at];
  if (swapped && short.slice(at + 2) === long.slice(at + 2)) return true;
  return word.length >= 6 && short.slice(at + 1) === long.slice(at + 1);
}
