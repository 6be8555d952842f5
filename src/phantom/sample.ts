/** A random case as a data set draws it. */
import { randomStream } from "../numerics/random.ts";
import type { RandomStream } from "../numerics/random.ts";
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
    if (normal || !stream.chance(rate)) continue;
    findings.push(...drawFinding(kind, stream));
  }
  return { seed, findings };
}

/** One finding that is there for certain, on one side or both, with the sides and amounts of sampleSpec. */
export function sampleFinding(kind: FindingKind, seed: number): readonly FindingSpec[] {
  return drawFinding(kind, randomStream(seed, "phantom", "sample", "present").fork(kind));
}

function drawFinding(kind: FindingKind, stream: RandomStream): FindingSpec[] {
  const meta = FINDINGS[kind];
  const amount = () => {
    const [low, high] = TYPICAL[kind] ?? [meta.min, meta.max];
    const raw = low + (high - low) * stream.uniform();
    const stepped = meta.min + Math.round((raw - meta.min) / meta.step) * meta.step;
    return tidy(Math.min(meta.max, stepped));
  };
  if (!meta.sided) return [{ kind, amount: amount() }];
  const side = stream.chance(0.5) ? "left" : "right";
  const first = { kind, side, amount: amount() } as const;
  const bilateral = kind === "effusion" ? 0.3 : kind === "pneumothorax" ? 0.1 : 0;
  if (!stream.chance(bilateral)) return [first];
  return [first, { kind, side: side === "left" ? "right" : "left", amount: amount() }];
}

/** Steps of 0.01 added up carry rounding that would show in links. */
function tidy(value: number): number {
  return Math.round(value * 1000) / 1000;
}
