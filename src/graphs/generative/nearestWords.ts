/** The words of a model's own vocabulary that its picture tokens come nearest to, once the connector has made them. */
import { l2Norm } from "../../tensor/norms.ts";
import type { StageState } from "./stages.ts";

export interface NearWord {
  readonly id: number;
  /** Cosine of the token and the word's embedding. */
  readonly cosine: number;
}

/**
 * @param table embeddings [V, W], row by id
 * @returns for each of the picture's tokens the word whose embedding makes the smallest angle with it
 */
export function nearestWords(tokens: StageState, table: Float32Array): NearWord[] {
  const { rows, width, data } = tokens;
  const count = table.length / width;
  const norms = Float64Array.from({ length: count }, (_, id) =>
    l2Norm(table.subarray(id * width, (id + 1) * width)),
  );
  return Array.from({ length: rows }, (_, row) => {
    const token = data.subarray(row * width, (row + 1) * width);
    const own = l2Norm(token);
    let best: NearWord = { id: -1, cosine: -Infinity };
    for (let id = 0; id < count; id++) {
      // A word that was never trained may be all zeros, and has no direction.
      const length = own * norms[id]!;
      if (length === 0) continue;
      let product = 0;
      const at = id * width;
      for (let i = 0; i < width; i++) product += token[i]! * table[at + i]!;
      const cosine = product / length;
      if (cosine > best.cosine) best = { id, cosine };
    }
    return best;
  });
}

/** Mean Euclidean norm of rows: picture tokens far longer than words are out of the table's distribution. */
export function meanNorm(data: Float32Array, width: number): number {
  const rows = data.length / width;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += l2Norm(data.subarray(row * width, (row + 1) * width));
  return rows === 0 ? 0 : sum / rows;
}
