/** The side and size a typed question is limited to, or asks for. */
import { FINDING_TERMS } from "./questionBank.ts";
import type { ExpandedQuestion } from "./questionBank.ts";
import { NEGATIONS, SIZES, SUBJECT } from "./vocabulary.ts";

export interface Scope {
  readonly side: "left" | "right" | "both" | undefined;
  readonly size: string | undefined;
  /** Side words as typed, to report them where they can't be used. */
  readonly typed: { readonly side: string | undefined; readonly size: string | undefined };
  readonly asksSide: boolean;
  readonly asksSize: boolean;
  /** The question without "right" as a tag or an adverb, as the reading of negation needs it. */
  readonly unsided: string;
  /** The question without anything read here, the subject or a negation. */
  readonly rest: string;
}

const NOT_A_SIDE = /,\s*right\s*\??$|\b(?:right (?:now|here|away)|all right)\b/;
const ASKS_SIDE =
  /\b(?:(?:which|what) (?:side|lung|hemithorax)|where(?: is| are|'s)?|(?:on the )?left-?,? (?:side )?(?:(?:on the )?right,? )?or (?:on )?(?:the )?(?:right|both(?: sides)?)|right-?,? or (?:on )?(?:the )?left|laterality|location|(?:uni|bi)lateral or (?:uni|bi)lateral)\b(?: or (?:on )?both(?: sides)?)?/;
const ASKS_SIZE =
  /\b(?:how (?:large|big|much|small)|(?:what|which) size|what is the size|what's the size|size of|volume of)\b|\bsmall,? (?:moderate,? )?or large\b|\blarge or small\b/;
const BOTH =
  /\b(?:bilateral(?:ly)?|both(?: sides| lungs)?|left and (?:the )?right|right and (?:the )?left)\b/g;

/** @param masked the question with its finding replaced by the placeholder. */
export function readScope(masked: string): Scope {
  const unsided = masked.replace(NOT_A_SIDE, (tag) => (tag.startsWith(",") ? ", correct" : " "));
  const asksSide = ASKS_SIDE.test(unsided);
  const asksSize = ASKS_SIZE.test(unsided);
  const statement = unsided.replace(ASKS_SIDE, " ").replace(ASKS_SIZE, " ");
  const withoutBoth = statement.replaceAll(BOTH, " ");
  const both = BOTH.exec(statement)?.[0];
  BOTH.lastIndex = 0;
  const sides = [...new Set(withoutBoth.match(/\b(?:left|right)\b/g) ?? [])];
  const side = both ? "both" : sides.length === 1 ? (sides[0] as "left" | "right") : undefined;
  const sizes = Object.entries(SIZES).flatMap(([size, pattern]) =>
    (withoutBoth.match(pattern) ?? []).map((word) => ({ size, word })),
  );
  const size = sizes.length === 1 ? sizes[0]!.size : undefined;
  let rest = withoutBoth.replaceAll(SUBJECT, " ").replaceAll(NEGATIONS, " ");
  rest = rest.replaceAll(/\b(?:left|right)\b/g, " ");
  for (const pattern of Object.values(SIZES)) rest = rest.replaceAll(pattern, " ");
  return {
    side,
    size,
    typed: {
      side: both ?? (sides.length > 0 ? sides.join(" ") : undefined),
      size: sizes.length > 0 ? sizes.map(({ word }) => word).join(" ") : undefined,
    },
    asksSide,
    asksSize,
    unsided,
    rest,
  };
}

/** The question limited to the scope as far as the finding has sides and sizes; `left` is what had to be left out. */
export function withScope(
  plain: ExpandedQuestion,
  findingId: string,
  { side, size, typed }: Scope,
): { question: ExpandedQuestion; left: string[] } {
  const finding = FINDING_TERMS.find(({ id }) => id === findingId);
  const limits = plain.type === "presence";
  const usedSide = limits && finding?.sided ? side : undefined;
  const usedSize = limits && finding?.sized ? size : undefined;
  const left = [
    ...(typed.side && !usedSide ? [typed.side] : []),
    ...(typed.size && !usedSize ? [typed.size] : []),
  ];
  if (!usedSide && !usedSize) return { question: plain, left };
  const scope = {
    ...(usedSide ? { side: usedSide } : {}),
    ...(usedSize ? { size: usedSize } : {}),
  };
  const canonicalId = [plain.canonicalId, usedSide, usedSize].filter(Boolean).join(".");
  return { question: { ...plain, canonicalId, scope, equivalent: false }, left };
}
