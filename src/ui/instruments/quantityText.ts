/** A measured number as a reader meets it: shares as per cents, yes and no as words. */
import type { Quantity } from "../../experiment/instruments/instrumentResult.ts";
import { figure } from "./figure.ts";

/** Ends the label of a number that is shown as a word. */
export const YES_NO = " (1 yes, 0 no)";

export interface ShownQuantity {
  readonly label: string;
  readonly value: string;
  readonly unit: string;
  /** What an interval's ends are multiplied by. */
  readonly scale: number;
}

export function shown({ label, value, unit }: Quantity): ShownQuantity {
  if (label.includes(YES_NO)) {
    const word = value === 1 ? "yes" : value === 0 ? "no" : figure(value);
    return { label: label.replace(YES_NO, ""), value: word, unit, scale: 1 };
  }
  if (unit === "share") return { label, value: figure(100 * value), unit: "%", scale: 100 };
  return { label, value: figure(value), unit, scale: 1 };
}
