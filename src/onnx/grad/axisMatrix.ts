/** Moving the entries of one axis by indices known when the graph is built: as a Gather where possible, else as a product. */
import type { Vjp } from "./vjp.ts";

/**
 * The transpose of taking `indices` along an axis: a gradient whose axis has one entry per index, added back into an
 * axis of `size` entries. Static indices only.
 */
export function scatterAxis(
  vjp: Vjp,
  gradient: string,
  axis: number,
  { indices, size }: { readonly indices: readonly number[]; readonly size: number },
): string {
  const inverse = Array.from({ length: size }, () => indices.length);
  let injective = true;
  indices.forEach((target, i) => {
    if (inverse[target] !== indices.length) injective = false;
    inverse[target] = i;
  });
  if (!injective) {
    const matrix = new Float32Array(indices.length * size);
    indices.forEach((target, i) => (matrix[i * size + target] = 1));
    const constant = vjp.tensor({ dtype: "float32", data: matrix, shape: [indices.length, size] });
    return applyAlongAxis(vjp, gradient, { axis, rank: vjp.inputShape.length }, constant);
  }
  const attributes = { axis: { int: axis } };
  if (indices.length === size)
    return vjp.op("Gather", [gradient, vjp.ints(inverse)], { attributes });
  // One more entry of zeros at the end stands for every index that was not taken.
  const rank = vjp.inputShape.length;
  const after = Array.from({ length: rank }, (_, i) => (i === axis ? 1 : 0));
  const padded = vjp.pad(
    gradient,
    after.map(() => 0),
    after,
    vjp.input(0),
  );
  return vjp.op("Gather", [padded, vjp.ints(inverse)], { attributes });
}

/** Multiplies one axis of `x` by a float32 matrix [old, new] (cast to x's type). */
export function applyAlongAxis(
  vjp: Vjp,
  x: string,
  { axis, rank }: { readonly axis: number; readonly rank: number },
  matrix: string,
): string {
  const type = vjp.type(vjp.input(0));
  const typed = type === 1 ? matrix : vjp.cast(matrix, type);
  const order = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  order.push(axis);
  const inverse = order.map((_, i) => order.indexOf(i));
  if (rank === 1) {
    return vjp.op("MatMul", [x, typed]);
  }
  return vjp.transpose(vjp.op("MatMul", [vjp.transpose(x, order), typed]), inverse);
}
