/**
 * Holm's step-down correction: p values that may be read beside each other with the family-wise error rate kept.
 * @returns adjusted p values in the order given.
 */
export function holmAdjusted(p: readonly number[]): readonly number[] {
  const order = p.map((_, k) => k).sort((a, b) => p[a]! - p[b]!);
  const adjusted = p.map(() => 1);
  let largest = 0;
  for (const [rank, k] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[k]!));
    adjusted[k] = largest;
  }
  return adjusted;
}
