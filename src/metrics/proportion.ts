import { wilsonInterval } from "../numerics/binomial.ts";
import type { Interval } from "../numerics/binomial.ts";

/** A share with its denominator and its Wilson 95 % interval, so that none is shown without them. */
export interface Proportion {
  readonly count: number;
  readonly total: number;
  /** NaN when there is nothing to count. */
  readonly share: number;
  readonly interval: Interval;
}

export function proportion(count: number, total: number): Proportion {
  return { count, total, share: count / total, interval: wilsonInterval(count, total) };
}
