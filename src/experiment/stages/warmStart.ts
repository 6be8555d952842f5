/**
 * What an attack found last, kept for the next tick of a slider: scaled into the new ball it is a picture to show at once,
 * and a place to go on from. A preview only; the run after the drag starts afresh, so that it can be repeated.
 */
import { feasibleSet } from "../../attacks/feasibleSet.ts";
import { toLattice } from "../../attacks/lattice.ts";
import { epsilonOf, itemSlice } from "../disturb.ts";
import type { AttackItem } from "../spec.ts";
import { subtract } from "../../tensor/norms.ts";
import { stageKey } from "../stageCache.ts";
import type { StageCache } from "../stageCache.ts";

interface Found {
  readonly image: Float32Array;
  readonly made: Float32Array;
  /** In model space. */
  readonly epsilon: number;
  /** Names what was made. */
  readonly key: string;
}

export interface WarmStart {
  /** Names what it goes back to. */
  readonly key: string;
  /** An 8-bit picture inside the item's ball around `image`. */
  scaledInto(image: Float32Array, item: AttackItem): Float32Array;
}

/** Attacks that differ in epsilon and effort alone lead each other on. */
function warmKey(item: AttackItem, alike: unknown): string {
  const { epsilon: _e, steps: _s, queries: _q, restarts: _r, relativeStep: _l, ...rest } = item;
  return stageKey("warm", [itemSlice(rest as AttackItem), alike]);
}

/** The newest result of an attack on what is alike, if it moved anything. */
export function warmStart(
  cache: StageCache,
  item: AttackItem,
  alike: unknown,
): WarmStart | undefined {
  const found = cache.get<Found>(warmKey(item, alike));
  if (!found) return undefined;
  return {
    key: found.key,
    scaledInto(image, wanted) {
      const epsilon = epsilonOf(wanted);
      const scale = epsilon / found.epsilon;
      const ball = { ...wanted, epsilon };
      const change = subtract(found.made, found.image);
      const x = image.map((value, i) => value + scale * change[i]!);
      feasibleSet(image, ball).project(x);
      return toLattice(x, image, ball);
    },
  };
}

export function keepWarm(
  cache: StageCache,
  item: AttackItem,
  alike: unknown,
  { image, made, key }: Pick<Found, "image" | "made" | "key">,
): void {
  const epsilon = epsilonOf(item);
  if (epsilon === 0) return;
  cache.set(warmKey(item, alike), { image, made, epsilon, key } satisfies Found);
}
