/** Numbers as sentences, panels and pictures print them: with a real minus sign, which a hyphen is not. */

/** A dash stands for what the model cannot say. What rounds to zero has no sign. */
export function decimal(value: number, decimals: number): string {
  if (Number.isNaN(value)) return "–";
  if (value === Infinity) return "∞";
  const digits = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
}

/** With a plus as well, where the sign carries meaning. */
export function signed(value: number, decimals = 2): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(decimals)}`;
}

/** As many significant digits, without zeros at the end that would claim more. */
export function significant(value: number, digits: number): string {
  return withMinus(String(Number(value.toPrecision(digits))));
}

/** Of a number in letters, its hyphens as minus signs: 1e−7. */
export function withMinus(text: string): string {
  return text.replaceAll("-", "−");
}
