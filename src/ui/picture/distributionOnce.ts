/** The value distribution of a radiograph, counted once: it takes a pass over every pixel. */
import { distributionOf } from "../../image/distribution.ts";
import type { ValueDistribution } from "../../image/distribution.ts";
import type { Radiograph } from "../../image/radiograph.ts";

const counted = new WeakMap<Radiograph, ValueDistribution>();

export function distributionOnce(radiograph: Radiograph): ValueDistribution {
  const known = counted.get(radiograph);
  if (known) return known;
  const distribution = distributionOf(radiograph);
  counted.set(radiograph, distribution);
  return distribution;
}
