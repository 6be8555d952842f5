/**
 * A physical setting from a continuous severity 0..5, through five table values at 1..5, interpolated in its logarithm.
 * `below` says how the setting goes to its harmless end between severity 0 and 1.
 */
export function settingAt(
  severity: number,
  table: readonly [number, number, number, number, number],
  below: (severity: number) => number,
): number {
  if (severity < 1) return below(severity);
  const lower = Math.min(4, Math.floor(severity));
  const fraction = severity - lower;
  const low = Math.log(table[lower - 1]!);
  const high = Math.log(table[lower]!);
  return Math.exp(low + fraction * (high - low));
}
