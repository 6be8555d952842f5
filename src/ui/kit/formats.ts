/** Numbers as the panels print them. */
import { decimal } from "../../numerics/decimalText.ts";

export { decimal, signed } from "../../numerics/decimalText.ts";
export { percent } from "../../numerics/percentText.ts";

/** An answer as it is written: views are abbreviations. */
export function answerWord(answer: string): string {
  return answer === "pa" || answer === "ap" ? answer.toUpperCase() : answer;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${decimal(count / 1e3, 0)} kB`;
  if (count < 1e9) return `${decimal(count / 1e6, 1)} MB`;
  return `${decimal(count / 1e9, 1)} GB`;
}
