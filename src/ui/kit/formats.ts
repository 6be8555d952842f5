/** Numbers as the panels print them. */
export { percent } from "../../numerics/percentText.ts";

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
  if (count < 1e9) return `${(count / 1e6).toFixed(1)} MB`;
  return `${(count / 1e9).toFixed(1)} GB`;
}
