/** Numbers of a table as people read them: an estimate with its interval and its denominator, or nothing. */
import type { Interval } from "../numerics/binomial.ts";
import type { TableCell } from "./summarize.ts";
import { withMinus } from "../numerics/decimalText.ts";
import { supportText } from "./figures.ts";

/** "0.375 (0.137 to 0.694), 3 of 8"; "" for no runs. */
export function cellText(cell: TableCell): string {
  if (cell.estimate === null) return "";
  return `${estimateText(cell.estimate, cell.interval)}, ${supportText(cell)}`;
}

export function estimateText(estimate: number, interval: Interval | null): string {
  return interval
    ? `${short(estimate)} (${short(interval.low)} to ${short(interval.high)})`
    : short(estimate);
}

/** Three significant digits, without an exponent where a person would write none. */
export function short(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-4) return withMinus(value.toExponential(2));
  return withMinus(value.toLocaleString("en", { maximumSignificantDigits: 3, useGrouping: false }));
}

/** A p value; never shown as 0. */
export function pText(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}
