/** Random draws that belong to a picture: repeated with it, and not foreseen by who changes it. */
import { randomStream } from "../../numerics/random.ts";
import type { RandomStream } from "../../numerics/random.ts";
import type { Filtered } from "../filterDefense.ts";

/** Who draws. The attacker's draws are others than those that answer: an attack may not know the dice. */
export type Drawer = "answer" | "attacker";

interface Dice {
  readonly seed: number;
  readonly count: number;
  readonly by: Drawer;
  /** Other draws for the same picture; 0 are the first. */
  readonly round?: number | undefined;
}

/** One draw after another, made when it is looked at. */
export function* drawn(
  image: Float32Array,
  { seed, count, by, round = 0 }: Dice,
  look: (image: Float32Array, random: RandomStream) => Filtered,
): Generator<Filtered, void> {
  const again = round === 0 ? [] : [`round ${round}`];
  const stream = randomStream(seed, "looks", by, contentName(image), ...again);
  for (let k = 0; k < count; k++) yield look(image, stream.fork(`${k}`));
}

/** FNV-1a over the pixels' bits. Names draws; not for security. */
function contentName(image: Float32Array): string {
  const bits = new Uint32Array(image.buffer, image.byteOffset, image.length);
  let hash = 0x811c9dc5;
  let other = 0x9747b28c;
  for (let i = 0; i < bits.length; i++) {
    hash = Math.imul(hash ^ bits[i]!, 0x01000193);
    other = Math.imul(other ^ ((bits[i]! >>> 7) + i), 0x01000193);
  }
  return `${hash >>> 0}-${other >>> 0}`;
}

/** Gaussian noise, clipped to [0, 1]: nothing flows back where it is clipped. */
export function noisy(image: Float32Array, sigma: number, random: RandomStream): Filtered {
  const moved = image.map((value) => value + sigma * random.normal());
  return {
    image: moved.map((value) => Math.max(0, Math.min(1, value))),
    pullback: (cotangent) => cotangent.map((g, i) => (moved[i]! < 0 || moved[i]! > 1 ? 0 : g)),
  };
}
