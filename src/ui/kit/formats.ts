/** Numbers as the panels print them. */

export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "<0.1%";
  if (value < 100 && value > 99.9) return ">99.9%";
  return `${value < 10 || value > 90 ? value.toFixed(1) : value.toFixed(0)}%`;
}

/** An answer as it is written: views are abbreviations. */
export function answerWord(answer: string): string {
  return answer === "pa" || answer === "ap" ? answer.toUpperCase() : answer;
}

/** With a real minus sign, and a plus where the sign carries meaning. */
export function signed(value: number, decimals = 2): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(decimals)}`;
}

/** A dash stands for what the model cannot say. */
export function decimal(value: number, decimals: number): string {
  if (Number.isNaN(value)) return "–";
  if (value === Infinity) return "∞";
  return `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(decimals)}`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(0)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}
