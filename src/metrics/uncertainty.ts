/** Disagreement among several answer distributions for one case: paraphrases, ensemble members or dropout samples. */

export interface Uncertainty {
  /** Mean distribution. */
  readonly mean: readonly number[];
  /** Entropy of the mean distribution, nats: all of the uncertainty. */
  readonly total: number;
  /** Mean entropy of the members, nats: what each is unsure of by itself. */
  readonly expected: number;
  /** Their difference, the mutual information, nats: what the members disagree on. */
  readonly disagreementNats: number;
  /** Sample variance of each class probability; 0 for one member. */
  readonly variance: readonly number[];
  /** Share of members whose top class is not that of the mean. */
  readonly dissent: number;
}

/** @param members [M][K], each a distribution over K answers. @returns null for no members. */
export function uncertainty(members: readonly (readonly number[])[]): Uncertainty | null {
  const first = members[0];
  if (!first) return null;
  const count = members.length;
  const mean = first.map((_, k) => members.reduce((sum, p) => sum + p[k]!, 0) / count);
  const total = entropy(mean);
  const expected = members.reduce((sum, p) => sum + entropy(p), 0) / count;
  const top = argmax(mean);
  return {
    mean,
    total,
    expected,
    disagreementNats: Math.max(0, total - expected),
    variance: mean.map((m, k) =>
      count < 2 ? 0 : members.reduce((sum, p) => sum + (p[k]! - m) ** 2, 0) / (count - 1),
    ),
    dissent: members.filter((p) => argmax(p) !== top).length / count,
  };
}

/** Shannon entropy in nats. */
export function entropy(p: readonly number[]): number {
  return p.reduce((sum, v) => (v > 0 ? sum - v * Math.log(v) : sum), 0);
}

/** Symmetric Kullback-Leibler divergence, nats: mean of both directions. */
export function symmetricKl(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, v, k) => sum + ((v - q[k]!) * Math.log(v / q[k]!)) / 2, 0);
}

function argmax(p: readonly number[]): number {
  return p.indexOf(Math.max(...p));
}
