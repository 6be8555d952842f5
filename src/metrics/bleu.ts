/**
 * BLEU of one sentence against one reference (Papineni et al. 2002): geometric mean of clipped n-gram precisions up to
 * `order`, times a penalty for being shorter than the reference. Words are split at white space, case kept. No smoothing:
 * a sentence without a matching n-gram scores 0.
 */
export function bleu(candidate: string, reference: string, order = 4): number {
  const hypothesis = words(candidate);
  const truth = words(reference);
  if (hypothesis.length === 0) return 0;
  let logSum = 0;
  for (let n = 1; n <= order; n++) {
    const available = nGrams(truth, n);
    let total = 0;
    let matched = 0;
    for (const [gram, count] of nGrams(hypothesis, n)) {
      total += count;
      matched += Math.min(count, available.get(gram) ?? 0);
    }
    if (matched === 0) return 0;
    logSum += Math.log(matched / total) / order;
  }
  const penalty = Math.min(0, 1 - truth.length / hypothesis.length);
  return Math.exp(penalty + logSum);
}

function words(sentence: string): readonly string[] {
  return sentence.split(/\s+/).filter((word) => word !== "");
}

function nGrams(sentence: readonly string[], n: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= sentence.length; i++) {
    const gram = sentence.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}
