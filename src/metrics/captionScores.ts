/**
 * How near written reports are to their references, one reference each: BLEU (Papineni et al. 2002), METEOR by exact words
 * (Banerjee & Lavie 2005) and CIDEr-D (Vedantam et al. 2015). Texts are lower-cased; punctuation marks are words of their own.
 */
export interface Pair {
  readonly written: string;
  readonly reference: string;
}

type Words = readonly string[];
const ORDERS = [1, 2, 3, 4] as const;

function wordsOf(text: string): Words {
  return text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
}

function nGrams(words: Words, n: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/**
 * BLEU-1 to BLEU-4 of the pairs as one corpus, without smoothing: geometric means of clipped n-gram precisions, counts summed over all
 * pairs, times the brevity penalty of the summed lengths. 0 where an order has no match.
 */
export function bleu(pairs: readonly Pair[]): readonly [number, number, number, number] {
  const [matched, total] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  let [written, reference] = [0, 0];
  for (const pair of pairs) {
    const [a, b] = [wordsOf(pair.written), wordsOf(pair.reference)];
    written += a.length;
    reference += b.length;
    for (const [k, n] of ORDERS.entries()) {
      const available = nGrams(b, n);
      for (const [gram, count] of nGrams(a, n)) {
        total[k]! += count;
        matched[k]! += Math.min(count, available.get(gram) ?? 0);
      }
    }
  }
  const penalty = written === 0 ? 0 : Math.exp(Math.min(0, 1 - reference / written));
  const logs = ORDERS.map((_, k) =>
    matched[k]! > 0 ? Math.log(matched[k]! / total[k]!) : -Infinity,
  );
  const of = (n: number) => penalty * Math.exp(logs.slice(0, n).reduce((a, b) => a + b, 0) / n);
  return [of(1), of(2), of(3), of(4)];
}

/** Weight of recall, and how much a text in pieces loses, as first published. */
const [ALPHA, BETA, GAMMA] = [0.9, 3, 0.5];

/**
 * METEOR of one pair with exact matches alone (no stems, no synonyms). Words are matched from the end of both texts, as nltk does,
 * and the penalty counts runs of matches that stand together in both.
 */
export function meteor({ written, reference }: Pair): number {
  const [a, b] = [wordsOf(written), wordsOf(reference)];
  const free = b.map(() => true);
  const matches: [number, number][] = [];
  for (let i = a.length - 1; i >= 0; i--) {
    const j = b.findLastIndex((word, k) => free[k] === true && word === a[i]);
    if (j < 0) continue;
    free[j] = false;
    matches.push([i, j]);
  }
  matches.reverse();
  if (matches.length === 0) return 0;
  const [precision, recall] = [matches.length / a.length, matches.length / b.length];
  const mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall);
  const runs = matches.filter(([i, j], k) => {
    const before = matches[k - 1];
    return !before || before[0] !== i - 1 || before[1] !== j - 1;
  }).length;
  return mean * (1 - GAMMA * (runs / matches.length) ** BETA);
}

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
