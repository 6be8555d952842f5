/** CIDEr-D (Vedantam et al. 2015): how near reports are to their references, weighed by how rare their words are among all references. */
import { ORDERS, nGrams, wordsOf } from "../src/metrics/captionScores.ts";
import type { Pair, Words } from "../src/metrics/captionScores.ts";

/** Width of the penalty for another length, in words. */
const SIGMA = 6;

/**
 * CIDEr-D of each pair, 0 to 10: cosines of n-gram counts weighed by how rare an n-gram is among the references, n = 1 to 4, with
 * counts clipped at the reference's and a penalty for another length.
 * @param references over which rarity is counted: those of the pairs where absent. Of one reference all rarities are 0, and so is the score.
 */
export function ciderD(
  pairs: readonly Pair[],
  references: readonly string[] = pairs.map(({ reference }) => reference),
): readonly number[] {
  const holders = new Map<string, number>();
  for (const reference of references) {
    const words = wordsOf(reference);
    for (const n of ORDERS) {
      for (const gram of nGrams(words, n).keys()) holders.set(gram, (holders.get(gram) ?? 0) + 1);
    }
  }
  const log = Math.log(references.length);
  const rarity = (gram: string): number => log - Math.log(Math.max(1, holders.get(gram) ?? 0));
  return pairs.map(({ written, reference }) => {
    const [a, b] = [wordsOf(written), wordsOf(reference)];
    // As the reference implementation: lengths are those of the bigrams.
    const apart = Math.max(0, a.length - 1) - Math.max(0, b.length - 1);
    const penalty = Math.exp(-(apart ** 2) / (2 * SIGMA ** 2));
    const each = ORDERS.map((n) => cosine(weighed(a, n, rarity), weighed(b, n, rarity)));
    return (10 * penalty * each.reduce((x, y) => x + y, 0)) / ORDERS.length;
  });
}

function weighed(
  words: Words,
  n: number,
  rarity: (gram: string) => number,
): ReadonlyMap<string, number> {
  return new Map([...nGrams(words, n)].map(([gram, count]) => [gram, count * rarity(gram)]));
}

/** With what is written clipped at the reference in the product, not in its own norm. */
function cosine(
  written: ReadonlyMap<string, number>,
  reference: ReadonlyMap<string, number>,
): number {
  let product = 0;
  for (const [gram, value] of written) {
    const other = reference.get(gram) ?? 0;
    product += Math.min(value, other) * other;
  }
  const norm = (of: ReadonlyMap<string, number>) => Math.hypot(...of.values());
  const norms = norm(written) * norm(reference);
  return norms > 0 ? product / norms : 0;
}
