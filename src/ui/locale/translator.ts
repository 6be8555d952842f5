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
/** "Lesson: {0}" says enough with fewer. */
const NAMED = /^\p{L}[^{]*: /u;
/** How often what is filled in may itself be a pattern. */
const DEPTH = 3;
/** A number before its unit or name. */
const AMOUNT = /^([-+−<>≥≤]?\d[\d.,]*%?\s+)(.+)$/su;
const PLACE = /\{(\d+)\}/;
/** Where one sentence ends and the next begins. */
const BETWEEN_SENTENCES = /(?<=[.!?]) +(?=[^a-z])/;

/** @param kept names that are the same in the other language. */
export function createTranslator(sentences: Sentences, kept: readonly string[] = []): Translator {
  const byFirstWord = new Map<string, Pattern[]>();
  for (const [english, other] of Object.entries(sentences)) addPattern(byFirstWord, english, other);
  for (const patterns of byFirstWord.values()) patterns.sort((a, b) => b.weight - a.weight);
  const known = new Map<string, string>();

  /** What the dictionary makes of a text without white space around it; undefined where nothing fits. */
  const entry = (text: string, depth: number): string | undefined => {
    if (Object.hasOwn(sentences, text)) return sentences[text];
    if (!hasWords(text) || kept.includes(text)) return text;
    if (depth > DEPTH) return undefined;
    const counted = AMOUNT.exec(text);
    const unit = counted && entry(counted[2]!, depth + 1);
    if (unit) return `${counted[1]}${unit}`;
    const first = firstWord(text);
    for (const key of first === "" ? [""] : [first, ""]) {
      for (const pattern of byFirstWord.get(key) ?? []) {
        const made = filledIn(pattern, text, depth);
        if (made !== undefined) return made;
      }
    }
    // A name inside a sentence begins small.
    const capital = text[0]!.toUpperCase() + text.slice(1);
    const named = capital === text ? undefined : sentences[capital];
    if (named !== undefined) return named[0]!.toLowerCase() + named.slice(1);
    return sentencesOf(text, depth);
  };

  /** Several sentences, each by itself; on the screen what is known of them, inside a pattern all or none. */
  const sentencesOf = (text: string, depth: number): string | undefined => {
    const parts = text.split(BETWEEN_SENTENCES);
    if (parts.length === 1) return undefined;
    const made = parts.map((part) => entry(part, depth + 1));
    const isKnown = made.every((part) => part !== undefined);
    const isChanged = made.some((part, k) => part !== undefined && part !== parts[k]);
    if (!isChanged || (depth > 0 && !isKnown)) return undefined;
    return made.map((part, k) => part ?? parts[k]!).join(" ");
  };

  const filledIn = ({ regex, pieces, isTelling }: Pattern, text: string, depth: number) => {
    const filled = regex.exec(text)?.slice(1);
    if (!filled) return undefined;
    const said = filled.map((part) => aroundCore(part, (core) => entry(core, depth + 1)));
    if (!isTelling && said.includes(undefined)) return undefined;
    return pieces
      .map((piece) => (typeof piece === "string" ? piece : (said[piece] ?? filled[piece]!)))
      .join("");
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
  const regex = new RegExp(`^${words.map(escaped).join("(.*?)")}$`, "su");
  const places = pieces.filter((_, k) => k % 2 === 1).map(Number);
  const filled = other
    .split(PLACE)
    .map((piece, k) => (k % 2 === 0 ? piece : places.indexOf(Number(piece))));
  const isTelling = weight >= LETTERS_THAT_SUFFICE || NAMED.test(english);
  const key = firstWord(english);
  into.set(key, [...(into.get(key) ?? []), { regex, pieces: filled, weight, isTelling }]);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
