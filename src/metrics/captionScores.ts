/**
 * How near written reports are to their references, one reference each: BLEU (Papineni et al. 2002) and METEOR by exact words
 * (Banerjee & Lavie 2005). Texts are lower-cased; punctuation marks are words of their own.
 */
export interface Pair {
  readonly written: string;
  readonly reference: string;
}

export type Words = readonly string[];
/** Lengths of the runs of words that are counted. */
export const ORDERS = [1, 2, 3, 4] as const;

export function wordsOf(text: string): Words {
  return text.toLowerCase().match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? [];
}

export function nGrams(words: Words, n: number): ReadonlyMap<string, number> {
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
