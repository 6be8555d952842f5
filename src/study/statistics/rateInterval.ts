/** The interval of a rate over runs, of which a case may have several. */
import type { Interval } from "../../numerics/binomial.ts";
import { wilsonInterval } from "../../numerics/binomial.ts";
import { bootstrapMean } from "./bootstrap.ts";

/**
 * 95 %. Wilson's where every case has one run; a bootstrap over cases where runs of one case are not independent; and where all
 * runs agree, of which a bootstrap would state an interval of no width, Wilson's of the cases.
 * @param byCase for each case its runs, 1 or 0
 * @returns null for several runs of a single case, of which nothing can be said
 */
export function rateInterval(byCase: readonly (readonly number[])[]): Interval | null {
  const cases = byCase.filter((runs) => runs.length > 0);
  const runs = cases.flat();
  const count = runs.filter((run) => run === 1).length;
  if (runs.length === cases.length) return wilsonInterval(count, runs.length);
  if (cases.length < 2) return null;
  if (count === 0) return wilsonInterval(0, cases.length);
  if (count === runs.length) return wilsonInterval(cases.length, cases.length);
  return bootstrapMean(cases);
}
