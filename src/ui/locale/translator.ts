/**
 * A dictionary at work: English sentence in, the same sentence of another language out. Sentences with numbers and names in
 * them are found by their pattern ("{0} of {1} films"); what no entry fits is left as it is and can be listed.
 */

/** English sentences, with `{0}`, `{1}`... for what is filled in, and their translations with the same places. */
export type Sentences = Readonly<Record<string, string>>;

interface Pattern {
  readonly regex: RegExp;
  /** The translation, cut at its places. */
  readonly pieces: readonly (string | number)[];
  /** Places with nothing or a blank between them and the next: where one ends, only the dictionary can say. */
  readonly adjoining: readonly { readonly at: number; readonly blank: string }[];
  readonly weight: number;
  /** Whether it says enough by itself to count whatever is filled in. */
  readonly isTelling: boolean;
}

export interface Translator {
  /** White space around the text is kept. A text that no entry fits comes back as it is. */
  (text: string): string;
}

/** So many texts are remembered: live numbers would fill the memory otherwise. */
const REMEMBERED = 4000;
/**
 * A pattern with fewer letters than this ("{0} of {1}") fits too much: it counts only where all that is filled in is known
 * too.
 */
const LETTERS_THAT_SUFFICE = 12;
/** "Lesson: {0}" and "Step {0} of {1}: {2}" say enough with fewer. */
const NAMED = /^\p{L}{2}.*: /u;
/** How often what is filled in may itself be a pattern. */
const DEPTH = 4;
/** A number before its unit or name; "1 of 100 normal" is no unit, and has its own entry. */
const AMOUNT = /^([-+−<>≥≤]?\d[\d.,]*%?\s+)(?!of\b|%)(.+)$/su;
/** So many cuts are tried between two places. */
const MOST_CUTS = 12;
const PLACE = /\{(\d+)\}/;
/** Not inside brackets: "Base model (int8, fp16), the decoders". */
const BETWEEN_ITEMS = /, (?![^()]*\))/;
/** Words to be typed as they are: the model reads English. */
const QUOTED = /^"[^"]*"$/;
/** What the model is asked, in the midst of other words: it reads English. */
const ASKED = /^[A-Z][^“”]* [^“”]*\?$/;
/** Where one sentence ends and the next begins. */
const BETWEEN_SENTENCES = /(?<=[.!?]) +(?=[^a-z])/;

/** @param kept names that are the same in the other language. */
export function createTranslator(sentences: Sentences, kept: readonly string[] = []): Translator {
  const byFirstWord = new Map<string, Pattern[]>();
  for (const [english, other] of Object.entries(sentences)) addPattern(byFirstWord, english, other);
  for (const patterns of byFirstWord.values()) patterns.sort((a, b) => b.weight - a.weight);
  const known = new Map<string, string>();
  const parts = new Map<string, { readonly depth: number; readonly made: string | undefined }>();

  /** What the dictionary makes of a text without white space around it; undefined where nothing fits. */
  const entry = (text: string, depth: number): string | undefined => {
    if (depth === 0) return lookedUp(text, depth);
    // Parts are tried in many cuts: what is known, or was in vain with as much room below, is not looked up again.
    const before = parts.get(text);
    if (before && (before.made !== undefined || before.depth <= depth)) return before.made;
    const made = lookedUp(text, depth);
    if (parts.size >= REMEMBERED) parts.clear();
    parts.set(text, { depth, made });
    return made;
  };

  const lookedUp = (text: string, depth: number): string | undefined => {
    if (Object.hasOwn(sentences, text)) return sentences[text];
    if (!hasWords(text) || QUOTED.test(text) || kept.includes(text)) return text;
    if (depth > DEPTH) return undefined;
    const counted = AMOUNT.exec(text);
    const unit = counted && entry(counted[2]!, depth + 1);
    if (unit) return `${counted[1]}${unit}`;
    // Before the patterns: "They part on: {0}." would take whatever sentences follow for its last word.
    const each = sentencesOf(text, depth, true);
    if (each !== undefined) return each;
    const first = firstWord(text);
    // One that knows all that is filled in goes before one that says enough without.
    let partly: string | undefined;
    for (const key of first === "" ? [""] : [first, ""]) {
      for (const pattern of byFirstWord.get(key) ?? []) {
        const made = filledIn(pattern, text, depth);
        if (made?.isKnown) return made.text;
        partly ??= made?.text;
      }
    }
    if (partly !== undefined) return partly;
    // A name inside a sentence begins small.
    const capital = text[0]!.toUpperCase() + text.slice(1);
    const named = capital === text ? undefined : sentences[capital];
    if (named !== undefined) return named[0]!.toLowerCase() + named.slice(1);
    const made = sentencesOf(text, depth) ?? listOf(text, depth);
    return made ?? (depth > 0 && ASKED.test(text) ? text : undefined);
  };

  /** A title that stands as a sentence of its own. */
  const titleOf = (text: string, depth: number): string | undefined => {
    const title = text.endsWith(".") ? entry(text.slice(0, -1), depth) : undefined;
    return title && `${title}.`;
  };

  /** "lexical, not in training": words after words, where each is known. */
  const listOf = (text: string, depth: number): string | undefined => {
    const each = text.split(BETWEEN_ITEMS);
    if (each.length === 1) return undefined;
    const made = each.map((part) => entry(part, depth + 1));
    return made.includes(undefined) ? undefined : made.join(", ");
  };

  /** Sentences that the dictionary has as one entry, as a hint of two that stands behind another sentence, stay one part. */
  const together = (each: readonly string[]): readonly string[] => {
    const parts: string[] = [];
    for (let from = 0, to = 0; from < each.length; from = to) {
      to = each.length;
      while (to > from + 1 && !Object.hasOwn(sentences, each.slice(from, to).join(" "))) to--;
      parts.push(each.slice(from, to).join(" "));
    }
    return parts;
  };

  /** Several sentences, each by itself; on the screen what is known of them, inside a pattern all or none. */
  const sentencesOf = (text: string, depth: number, isWhole = false): string | undefined => {
    const each = together(text.split(BETWEEN_SENTENCES));
    if (each.length === 1) return undefined;
    const made = each.map((part) => entry(part, depth + 1) ?? titleOf(part, depth + 1));
    const isKnown = made.every((part) => part !== undefined);
    const isChanged = made.some((part, k) => part !== undefined && part !== each[k]);
    if (!isChanged || ((isWhole || depth > 0) && !isKnown)) return undefined;
    return made.map((part, k) => part ?? each[k]!).join(" ");
  };

  const filledIn = (pattern: Pattern, text: string, depth: number) => {
    const { regex, pieces, adjoining, isTelling } = pattern;
    let filled = regex
      .exec(text)
      ?.slice(1)
      .map((part: string | undefined) => part ?? "");
    if (!filled) return undefined;
    const sayOne = (part: string) => aroundCore(part, (core) => entry(core, depth + 1));
    let said = filled.map(sayOne);
    for (const { at, blank } of adjoining) {
      if (said[at] !== undefined && said[at + 1] !== undefined) continue;
      for (const cut of cutsOf(`${filled[at]}${blank}${filled[at + 1]}`, blank)) {
        const both = cut.map(sayOne);
        if (both.includes(undefined)) continue;
        filled = filled.toSpliced(at, 2, ...cut);
        said = said.toSpliced(at, 2, ...both);
        break;
      }
    }
    const isKnown = !said.includes(undefined);
    if (!isTelling && !isKnown) return undefined;
    const made = pieces.map((piece) =>
      typeof piece === "string" ? piece : (said[piece] ?? filled[piece]!),
    );
    return { text: made.join("").trimEnd(), isKnown };
  };

  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = aroundCore(text, (core) => entry(core, 0)) ?? text;
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, made);
    return made;
  };
}

/** The first ways of cutting a text in two: at a blank, or before what is no letter and no number. */
function cutsOf(text: string, blank: string): readonly (readonly [string, string])[] {
  const ends = [...text.matchAll(blank === "" ? /(?<=[^,;. (])(?=[,;. (])/gu : / /g)];
  return ends
    .slice(0, MOST_CUTS)
    .map(({ index }) => [text.slice(0, index), text.slice(index + blank.length)]);
}

/** Changes a text and leaves the white space around it. */
function aroundCore(
  text: string,
  change: (core: string) => string | undefined,
): string | undefined {
  const core = text.trim();
  const made = change(core);
  return made === undefined ? undefined : text.replace(core, () => made);
}

/** Capitals alone are names (PGD, SSIM). */
function hasWords(text: string): boolean {
  return /\p{Ll}{2}/u.test(text);
}

/** The first word of a text or of a pattern; empty where a place stands in it. */
function firstWord(text: string): string {
  const word = text.split(/\s/, 1)[0]!;
  return word.includes("{") ? "" : word;
}

function addPattern(into: Map<string, Pattern[]>, english: string, other: string): void {
  const pieces = english.split(PLACE);
  const words = pieces.filter((_, k) => k % 2 === 0);
  const weight = words.join("").replaceAll(/[^\p{L}]/gu, "").length;
  if (pieces.length === 1 || words.join("").trim() === "") return;
  // Behind a last blank nothing need stand: the white space round a text is cut off.
  const source = words
    .map(escaped)
    .join("(.*?)")
    .replace(/ \(\.\*\?\)$/, "(?: (.*?))?");
  const regex = new RegExp(`^${source}$`, "su");
  const adjoining = words
    .slice(1, -1)
    .flatMap((blank, at) => (blank.trim() === "" ? [{ at, blank }] : []));
  const places = pieces.filter((_, k) => k % 2 === 1).map(Number);
  const filled = other
    .split(PLACE)
    .map((piece, k) => (k % 2 === 0 ? piece : places.indexOf(Number(piece))));
  const isTelling = weight >= LETTERS_THAT_SUFFICE || NAMED.test(english);
  const key = firstWord(english);
  into.set(key, [
    ...(into.get(key) ?? []),
    { regex, pieces: filled, adjoining, weight, isTelling },
  ]);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
