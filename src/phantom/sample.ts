/** A random case as a data set draws it. */
import { randomStream } from "../numerics/random.ts";
import { FINDINGS, FINDING_KINDS } from "./spec.ts";
import type { FindingKind, FindingSpec, PhantomSpec } from "./spec.ts";

/** Amounts that a careful reader can see on a picture of 224 pixels, where these are narrower than the slider. */
const TYPICAL: Partial<Record<FindingKind, readonly [number, number]>> = {
  nodule: [14, 38],
  fracture: [5, 12],
};

/**
 * Each finding is present independently at `findingRate` (default 0.25) times its own weight; a quarter of all cases
 * are normal on top of that. Effusion and pneumothorax may be on both sides.
 */
export function sampleSpec(
  seed: number,
  options: { readonly findingRate?: number } = {},
): PhantomSpec {
  const random = randomStream(seed, "phantom", "sample");
  const rate = options.findingRate ?? 0.25;
  const findings: FindingSpec[] = [];
  const normal = random.chance(0.22);
  for (const kind of FINDING_KINDS) {
    const stream = random.fork(kind);
    const meta = FINDINGS[kind];
    if (normal || !stream.chance(rate)) continue;
    const amount = () => {
      const [low, high] = TYPICAL[kind] ?? [meta.min, meta.max];
      const raw = low + (high - low) * stream.uniform();
      return Math.min(meta.max, meta.min + Math.round((raw - meta.min) / meta.step) * meta.step);
    };
    if (!meta.sided) {
      findings.push({ kind, amount: tidy(amount()) });
      continue;
    }
    const side = stream.chance(0.5) ? "left" : "right";
    findings.push({ kind, side, amount: tidy(amount()) });
    const bilateral = kind === "effusion" ? 0.3 : kind === "pneumothorax" ? 0.1 : 0;
    if (stream.chance(bilateral)) {
      findings.push({ kind, side: side === "left" ? "right" : "left", amount: tidy(amount()) });
    }
  }
  return { seed, findings };
}

/** Steps of 0.01 added up carry rounding that would show in links. */
function tidy(value: number): number {
  return Math.round(value * 1000) / 1000;
}
