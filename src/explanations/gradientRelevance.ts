/**
 * Relevance of tokens for one output, from attention and its gradient (Chefer, Gur & Wolf 2021): R starts as the identity
 * and takes R += mean over heads of relu(dA * A) R at each layer. The gradient is that of the question's margin, so the
 * map depends on the question where plain attention does not.
 */
/** Attention of one layer and the gradient of the output with respect to it, both [heads, T, T]. */
export interface AttentionGradient {
  readonly heads: number;
  readonly attention: ArrayLike<number>;
  readonly gradient: ArrayLike<number>;
}

/** One layer's share of it: the mean over heads of relu(dA * A), [queries, keys]. */
export function positiveShare(
  { heads, attention, gradient }: AttentionGradient,
  size: number,
): Float64Array {
  const share = new Float64Array(size);
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < size; i++) {
      const at = head * size + i;
      share[i]! += Math.max(0, gradient[at]! * attention[at]!) / heads;
    }
  }
  return share;
}

/**
 * row * R without the [T, T] products: what counts for a mixture of tokens is followed from the last layer down.
 */
export function relevanceOfRow(
  row: ArrayLike<number>,
  layers: readonly AttentionGradient[],
  tokens: number,
): Float64Array {
  let current = Float64Array.from(row);
  for (const layer of layers.toReversed()) {
    const share = positiveShare(layer, tokens * tokens);
    const next = current.slice();
    for (let q = 0; q < tokens; q++) {
      const weight = current[q]!;
      if (weight === 0) continue;
      for (let k = 0; k < tokens; k++) next[k]! += weight * share[q * tokens + k]!;
    }
    current = next;
  }
  return current;
}
