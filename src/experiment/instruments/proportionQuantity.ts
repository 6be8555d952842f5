import type { Proportion } from "../../metrics/proportion.ts";
import type { Quantity } from "./instrumentResult.ts";

/** A share with its Wilson 95 % interval and what it was counted over. */
export function proportionQuantity(id: string, label: string, of: Proportion): Quantity {
  const { share, total, interval } = of;
  if (total === 0) {
    return { id, label, value: NaN, unit: "share", n: 0, note: "nothing to count" };
  }
  const { low, high } = interval;
  return { id, label, value: share, unit: "share", interval: { low, high, level: 0.95 }, n: total };
}

/** The same of parts that share wordings or pictures: counted as independent they would make an interval that is too narrow. */
export function linkedQuantity(
  id: string,
  label: string,
  { of, shared }: { readonly of: Proportion; readonly shared: string },
): Quantity {
  const { interval, ...quantity } = proportionQuantity(id, label, of);
  return interval ? { ...quantity, note: `they share ${shared}, so no interval` } : quantity;
}

/** "2 of 7". */
export function counted({ count, total }: Proportion): string {
  return `${count} of ${total}`;
}
