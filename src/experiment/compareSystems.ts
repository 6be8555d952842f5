/**
 * Two systems on one case, and where they part: what each says before and after, how far its features moved, and how alike
 * the two look. Each was attacked by itself, so that their disturbed pictures differ where the stack holds an attack; noise
 * and paint are the same on both.
 */
import { jensenShannonBits } from "../image/jsd.ts";
import type { AnswerResult } from "../system/reading.ts";
import { attentionShown } from "./attentionShown.ts";
import type { Readout, StageResults } from "./results.ts";
import type { Transferred } from "./transferred.ts";

type Results = Partial<StageResults>;

export interface ComparedRow {
  readonly quantity: string;
  /** Null where a system has none. */
  readonly a: string | number | boolean | null;
  readonly b: string | number | boolean | null;
  readonly unit: string;
  /** Whether the two say different things; of numbers only those that are no measure of degree. */
  readonly parts: boolean;
}

/** Where two systems look on one picture. */
export interface ComparedMaps {
  readonly picture: "clean" | "disturbed";
  /** Shannon entropy of each map as a distribution over its cells, in bits. */
  readonly entropyA: number;
  readonly entropyB: number;
  /** Jensen-Shannon divergence of the two, in bits: 0 equal, 1 disjoint. Null on unlike grids. */
  readonly jsd: number | null;
}

export interface SystemsComparison {
  /** One plain sentence. */
  readonly statement: string;
  readonly rows: readonly ComparedRow[];
  readonly maps: readonly ComparedMaps[];
  /** Wordings of the question that the two answer differently about the finding, on either picture. */
  readonly wordings: readonly {
    readonly question: string;
    readonly picture: "clean" | "disturbed";
    readonly a: string;
    readonly b: string;
  }[];
  /** All wordings asked of both, over both pictures. */
  readonly wordingsAsked: number;
}

/** What each of the two says of the picture that was made for the other. */
export interface Exchange {
  readonly a: Transferred;
  readonly b: Transferred;
}

/** @param exchange null where both were given the same picture; absent where nobody has asked yet */
export function compareSystems(
  a: Results,
  b: Results,
  exchange?: Exchange | null,
): SystemsComparison {
  const rows = [...rowsOf(a, b), ...(exchange ? exchangedRows(exchange) : [])];
  const pairs = [
    ...wordingPairs("clean", a.clean, b.clean),
    ...wordingPairs("disturbed", a.readout, b.readout),
  ];
  const parted = rows.filter(({ parts }) => parts).map(({ quantity }) => quantity);
  const wordings = pairs.filter((pair) => pair.a !== pair.b);
  return {
    statement: [statementOf(parted, wordings.length, pairs.length), carriedOver(exchange)]
      .filter(Boolean)
      .join(" "),
    rows,
    maps: [...mapsOf("clean", a.clean, b.clean), ...mapsOf("disturbed", a.readout, b.readout)],
    wordings,
    wordingsAsked: pairs.length,
  };
}

function statementOf(parted: readonly string[], wordings: number, asked: number): string {
  const said =
    parted.length === 0 ? "They say the same here." : `They part on: ${parted.join(", ")}.`;
  if (asked === 0) return said;
  return `${said} Of ${asked} answers to other wordings, ${wordings === 0 ? "none differs" : `${wordings} ${wordings === 1 ? "differs" : "differ"}`}.`;
}

/** Which way the attack carries over, as a sentence; empty where nothing is known of it. */
function carriedOver(exchange: Exchange | null | undefined): string {
  if (exchange === null)
    return "Both were given the same disturbed picture: nothing to carry over.";
  if (!exchange || exchange.a.flipped === null || exchange.b.flipped === null) return "";
  const turns = (is: boolean): string => (is ? "turns" : "does not turn");
  return `The picture made for the first ${turns(exchange.b.flipped)} the second’s answer, and the one made for the second ${turns(exchange.a.flipped)} the first’s.`;
}

function exchangedRows({ a, b }: Exchange): readonly ComparedRow[] {
  return [
    row("answer to the other’s picture", a.answer, b.answer),
    row("answer to the other’s picture, margin", a.margin, b.margin, { unit: "logits" }),
    row("turned by the other’s picture", a.flipped, b.flipped),
  ];
}

function rowsOf(a: Results, b: Results): readonly ComparedRow[] {
  const said = (quantity: string, of: (results: Results) => AnswerResult | null | undefined) => [
    row(quantity, of(a)?.corrected ?? null, of(b)?.corrected ?? null, { isSaid: true }),
    row(`${quantity}, margin`, of(a)?.margin ?? null, of(b)?.margin ?? null, { unit: "logits" }),
  ];
  return [
    ...said("clean answer", ({ clean }) => clean?.answer),
    ...said("disturbed answer", ({ readout }) => readout?.answer),
    row("answer flipped", a.metrics?.flipped ?? null, b.metrics?.flipped ?? null, { isSaid: true }),
    row("feature cosine", a.metrics?.featureCosine ?? null, b.metrics?.featureCosine ?? null),
    row("l2 of the change", a.metrics?.l2 ?? null, b.metrics?.l2 ?? null),
    row("certified radius (l2)", a.certificate?.radius ?? null, b.certificate?.radius ?? null),
  ];
}

function row(
  quantity: string,
  a: ComparedRow["a"],
  b: ComparedRow["b"],
  { unit = "", isSaid = false }: { readonly unit?: string; readonly isSaid?: boolean } = {},
): ComparedRow {
  return { quantity, a, b, unit, parts: isSaid && a !== null && b !== null && a !== b };
}

function wordingPairs(
  picture: "clean" | "disturbed",
  a: Readout | undefined,
  b: Readout | undefined,
): SystemsComparison["wordings"] {
  return (a?.paraphrases ?? []).flatMap(({ question, corrected }) => {
    const other = b?.paraphrases.find((said) => said.question === question);
    return other ? [{ question, picture, a: corrected, b: other.corrected }] : [];
  });
}

function mapsOf(
  picture: ComparedMaps["picture"],
  a: Readout | undefined,
  b: Readout | undefined,
): readonly ComparedMaps[] {
  const [one, two] = [a && attentionShown(a), b && attentionShown(b)];
  if (!one || !two) return [];
  const isSameGrid = one.grid[0] === two.grid[0] && one.grid[1] === two.grid[1];
  return [
    {
      picture,
      entropyA: entropyBits(one.map),
      entropyB: entropyBits(two.map),
      jsd: isSameGrid ? jensenShannonBits(one.map, two.map) : null,
    },
  ];
}

/** Of a non-negative map, taken as a distribution: 0 for one cell, log2 of the cells for an even map. */
export function entropyBits(map: ArrayLike<number>): number {
  const values = Array.from(map);
  const sum = values.reduce((total, value) => total + value, 0);
  return values.reduce(
    (bits, value) => (value > 0 ? bits - (value / sum) * Math.log2(value / sum) : bits),
    0,
  );
}
