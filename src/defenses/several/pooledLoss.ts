/**
 * What an attacker of several models maximises: the loss of their pooled answer, from each one's own, with its derivatives.
 *
 * Probabilities are pooled, p = sum_i w_i p_i. With two answers a member's margin loss m_i is the log odds against the
 * attacked answer, so the pooled one is log(sum w_i s(m_i)) - log(sum w_i s(-m_i)), s the logistic function: exact. With more
 * answers a member's margin stands for its log odds, and the loss is that of the answer against its runner-up in each.
 */

export interface Pooled {
  readonly loss: number;
  /** Derivative by each member's loss, and by each member's weight. */
  readonly byLoss: readonly number[];
  readonly byWeight: readonly number[];
}

/** @param losses margins against the answer (away) or towards it. */
export function pooledMargin(losses: readonly number[], weights: readonly number[]): Pooled {
  const flipped = logSum(losses.map((m, i) => logWeight(weights[i]!) + logLogistic(m)));
  const kept = logSum(losses.map((m, i) => logWeight(weights[i]!) + logLogistic(-m)));
  const shares = losses.map((m) => ({
    flipped: Math.exp(logLogistic(m) - flipped),
    kept: Math.exp(logLogistic(-m) - kept),
  }));
  return {
    loss: flipped - kept,
    byLoss: losses.map((m, i) => {
      const both = logLogistic(m) + logLogistic(-m);
      return weights[i]! * (Math.exp(both - flipped) + Math.exp(both - kept));
    }),
    byWeight: shares.map((share) => share.flipped - share.kept),
  };
}

/** @param losses -log p_i of the answer (away), or log p_i of the answer moved to (towards: `sign` -1). */
export function pooledCrossEntropy(
  losses: readonly number[],
  weights: readonly number[],
  sign: 1 | -1,
): Pooled {
  const logs = losses.map((loss) => -sign * loss);
  const pooled = logSum(logs.map((log, i) => logWeight(weights[i]!) + log));
  const ratios = logs.map((log) => Math.exp(log - pooled));
  return {
    loss: -sign * pooled,
    byLoss: ratios.map((ratio, i) => weights[i]! * ratio),
    byWeight: ratios.map((ratio) => -sign * ratio),
  };
}

/** A loss that no pooling of probabilities gives (DLR): the members' mean. */
export function meanLoss(losses: readonly number[], weights: readonly number[]): Pooled {
  return {
    loss: losses.reduce((sum, loss, i) => sum + weights[i]! * loss, 0),
    byLoss: weights,
    byWeight: losses,
  };
}

/**
 * A vote turns when the members behind half of the weight have turned: its loss is the weighted median of theirs. That has
 * the gradient of one member, so the way back is the mean over all: an approximation, and called one.
 */
export function votedLoss(losses: readonly number[], weights: readonly number[]): Pooled {
  const order = losses.map((_, i) => i).sort((a, b) => losses[b]! - losses[a]!);
  let [sum, last] = [0, 0];
  for (const i of order) {
    sum += weights[i]!;
    last = i;
    if (sum > 0.5) break;
  }
  return { loss: losses[last]!, byLoss: weights, byWeight: losses.map(() => 0) };
}

function logLogistic(z: number): number {
  return z > 0 ? -Math.log1p(Math.exp(-z)) : z - Math.log1p(Math.exp(z));
}

function logWeight(weight: number): number {
  return weight > 0 ? Math.log(weight) : -Infinity;
}

function logSum(logs: readonly number[]): number {
  const peak = Math.max(...logs);
  if (peak === -Infinity) return -Infinity;
  return peak + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - peak), 0));
}
