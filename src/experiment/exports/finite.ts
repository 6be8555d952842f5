/** JSON and tables have neither NaN nor Infinity: what says nothing is empty. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
