/** How alike two sets of inner states are, and how far one lies from a reference set. */
import { invariant } from "../errors/labError.ts";
import { dot, l2Norm } from "../tensor/norms.ts";

/**
 * Linear centred kernel alignment (Kornblith et al. 2019) of two sets of the same rows: ||Y'X||^2 / (||X'X|| ||Y'Y||), columns
 * centred. 1 for states that are equal up to rotation and scale, near 0 for unrelated ones; high by chance where there are
 * fewer rows than columns. NaN where a side does not vary.
 * @param x and `y` [rows, columns], row by row
 */
export function linearCka(x: Float32Array, y: Float32Array, rows: number): number {
  const [a, b] = [gram(x, rows), gram(y, rows)];
  // By kernels: ||Y'X||^2 = sum of K * L over all pairs of rows.
  return dot(a, b) / (l2Norm(a) * l2Norm(b));
}

/** Centred linear kernel [rows, rows]. */
function gram(x: Float32Array, rows: number): Float64Array {
  const columns = x.length / rows;
  const centered = Float64Array.from(x);
  for (let c = 0; c < columns; c++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += centered[r * columns + c]!;
    for (let r = 0; r < rows; r++) centered[r * columns + c]! -= sum / rows;
  }
  const kernel = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < rows; j++) {
      let sum = 0;
      for (let c = 0; c < columns; c++)
        sum += centered[i * columns + c]! * centered[j * columns + c]!;
      kernel[i * rows + j] = sum;
      kernel[j * rows + i] = sum;
    }
  }
  return kernel;
}

/** Mean of the rows of [rows, columns]. */
export function rowMean(x: ArrayLike<number>, columns: number): Float32Array {
  const rows = x.length / columns;
  const mean = new Float32Array(columns);
  for (let i = 0; i < x.length; i++) mean[i % columns]! += x[i]! / rows;
  return mean;
}

/** Mean, and the lower triangle L of the covariance L L', [size, size]. */
export interface GaussianFit {
  readonly mean: ArrayLike<number>;
  readonly factor: ArrayLike<number>;
}

export interface ReferenceSet extends GaussianFit {
  /** Mahalanobis distance under the shrunk covariance of the reference. */
  mahalanobis(x: ArrayLike<number>): number;
  /** Euclidean distance of the unit vectors to the k-th nearest of the reference (Sun et al. 2022). */
  nearest(x: ArrayLike<number>, k: number): number;
}

/**
 * A reference of few vectors in many dimensions: the covariance is shrunk towards a multiple of the identity by the amount of
 * Ledoit & Wolf 2004, which is what makes its inverse exist.
 * @throws LabError "internal" for fewer than two vectors
 */
export function referenceSet(vectors: readonly Float32Array[]): ReferenceSet {
  const [first] = vectors;
  invariant(first && vectors.length > 1, `a reference of ${vectors.length} vectors`);
  const size = first.length;
  const mean = Float64Array.from(
    first,
    (_, i) => vectors.reduce((s, v) => s + v[i]!, 0) / vectors.length,
  );
  const centered = vectors.map((v) => Float64Array.from(v, (value, i) => value - mean[i]!));
  const factor = cholesky(shrunkCovariance(centered), size);
  const unit = (x: ArrayLike<number>) => {
    const norm = l2Norm(x);
    return Float64Array.from(x, (value) => value / norm);
  };
  const units = vectors.map(unit);
  return {
    mean,
    factor,
    mahalanobis: (x) => mahalanobisDistance({ mean, factor }, x),
    nearest: (x, k) => {
      const own = unit(x);
      const distances = units.map((other) => Math.hypot(...own.map((v, i) => v - other[i]!)));
      return distances.sort((a, b) => a - b)[k - 1] ?? NaN;
    },
  };
}

/** Ledoit & Wolf's covariance of centred vectors, [size, size]; maximum-likelihood scaling (1 / n), as scikit-learn has it. */
function shrunkCovariance(centered: readonly Float64Array[]): Float64Array {
  const n = centered.length;
  const size = centered[0]!.length;
  const s = new Float64Array(size * size);
  for (const v of centered) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) s[i * size + j]! += (v[i]! * v[j]!) / n;
    }
  }
  let trace = 0;
  for (let i = 0; i < size; i++) trace += s[i * size + i]!;
  const mu = trace / size;
  const squares = s.reduce((sum, value) => sum + value * value, 0);
  const delta = squares / size - mu * mu;
  // Mean squared distance of the vectors' own outer products from their mean.
  const fourth = centered.reduce((sum, v) => sum + dot(v, v) ** 2, 0) / n;
  const beta = (fourth - squares) / size / n;
  const shrinkage = delta > 0 ? Math.min(1, Math.max(0, beta / delta)) : 1;
  return s.map(
    (value, at) =>
      (1 - shrinkage) * value + (at % size === Math.floor(at / size) ? shrinkage * mu : 0),
  );
}

/** Lower triangle L with L L' = a. */
function cholesky(a: Float64Array, size: number): Float64Array {
  const l = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * size + k]! * l[j * size + k]!;
      l[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / l[j * size + j]!;
    }
  }
  return l;
}

/** sqrt((x - mean)' (L L')^-1 (x - mean)). */
export function mahalanobisDistance({ mean, factor }: GaussianFit, x: ArrayLike<number>): number {
  return l2Norm(
    solved(
      factor,
      Float64Array.from(x, (v, i) => v - mean[i]!),
    ),
  );
}

/** L^-1 x. */
function solved(l: ArrayLike<number>, x: Float64Array): Float64Array {
  const size = x.length;
  const y = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = x[i]!;
    for (let k = 0; k < i; k++) sum -= l[i * size + k]! * y[k]!;
    y[i] = sum / l[i * size + i]!;
  }
  return y;
}
