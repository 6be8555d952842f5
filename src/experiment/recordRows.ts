/** Rows of equal length, kept for whoever recomputes a figure. */
import { floatTensor } from "../tensor/tensor.ts";
import type { LabContext } from "./labContext.ts";

/** @param name of the file that `lab run --dump` writes, without its ending: [rows, length of a row]. */
export function recordRows(
  { record }: Pick<LabContext, "record">,
  name: string,
  rows: readonly ArrayLike<number>[],
): void {
  if (!record || rows.length === 0) return;
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, k) => data.set(row, k * width));
  record(name, floatTensor(data, [rows.length, width]));
}
