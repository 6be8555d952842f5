/** The words of a model's own vocabulary that its picture tokens come nearest to, once the connector has made them. */
import { l2Norm } from "../tensor/norms.ts";

export interface NearWord {
  readonly id: number;
  /** Cosine of the token and the word's embedding. */
  readonly cosine: number;
}

/** Vectors in their order, [rows, width]. */
export interface TokenRows {
  readonly rows: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** A search that is given the table in parts: a vocabulary of 150,000 words is too large to hold beside a model. */
export interface WordSearch {
  /** @param part embeddings [n, W] of the ids from `from` on */
  add(part: Float32Array, from: number): void;
  /** For each token the word so far whose embedding makes the smallest angle with it; id -1 where no word had a direction. */
  readonly found: readonly NearWord[];
}

export function wordSearch({ rows, width, data }: TokenRows): WordSearch {
  const norms = Float64Array.from({ length: rows }, (_, row) =>
    l2Norm(data.subarray(row * width, (row + 1) * width)),
  );
  const found = Array.from({ length: rows }, (): NearWord => ({ id: -1, cosine: -Infinity }));
  return {
    found,
    add(part, from) {
      const count = part.length / width;
      for (let k = 0; k < count; k++) {
        const at = k * width;
        const length = l2Norm(part.subarray(at, at + width));
        for (let row = 0; row < rows; row++) {
          // A word that was never trained may be all zeros, and has no direction.
          const both = norms[row]! * length;
          if (both === 0) continue;
          let product = 0;
          const start = row * width;
          for (let i = 0; i < width; i++) product += data[start + i]! * part[at + i]!;
          const cosine = product / both;
          if (cosine > found[row]!.cosine) found[row] = { id: from + k, cosine };
        }
      }
    },
  };
}

/**
 * @param table embeddings [V, W], row by id
 * @returns for each of the picture's tokens the word whose embedding makes the smallest angle with it
 */
export function nearestWords(tokens: TokenRows, table: Float32Array): readonly NearWord[] {
  const search = wordSearch(tokens);
  search.add(table, 0);
  return search.found;
}

/** Mean Euclidean norm of rows: picture tokens far longer than words are out of the table's distribution. */
export function meanNorm(data: Float32Array, width: number): number {
  const rows = data.length / width;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += l2Norm(data.subarray(row * width, (row + 1) * width));
  return rows === 0 ? 0 : sum / rows;
}
