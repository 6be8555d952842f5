/** A share as a percentage, as the page and its exports print it: never 0 for what is not 0, never 100 for what is less. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value < 100 && value > 99.9) return ">99.9%";
  return `${value < 10 || value > 90 ? value.toFixed(1) : value.toFixed(0)}%`;
}
