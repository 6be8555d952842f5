import { decimal, withMinus } from "../../numerics/decimalText.ts";

/** Up to four significant digits, as many as any of these numbers carries; zeros at the end would claim more. */
export function figure(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return decimal(value, 0);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e5) return withMinus(value.toExponential(2));
  const text = decimal(value, Math.max(0, 3 - Math.floor(Math.log10(size))));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
