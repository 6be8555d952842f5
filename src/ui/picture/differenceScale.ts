/** How strongly the difference of two pictures is drawn. */
import { differenceLimit } from "./drawRadiograph.ts";

/** What was found of the pictures on screen: the difference and its legend ask about the same two. */
const found = new WeakMap<Float32Array, { readonly clean: Float32Array; readonly scale: number }>();

/**
 * Full scale of the difference picture in grey levels of 255: 99 of 100 changed pixels lie within it. The few beyond are drawn
 * in the end colours; one speck of noise would otherwise leave all the rest dark.
 */
export function differenceScale(
  clean: Float32Array | undefined,
  disturbed: Float32Array | undefined,
): number {
  if (!clean || !disturbed || clean.length !== disturbed.length) return 1;
  const before = found.get(disturbed);
  if (before?.clean === clean) return before.scale;
  const scale = scaleOf(clean, disturbed);
  found.set(disturbed, { clean, scale });
  return scale;
}

function scaleOf(clean: Float32Array, disturbed: Float32Array): number {
  const counts = new Float64Array(256);
  for (let i = 0; i < clean.length; i++) {
    const levels = Math.abs(disturbed[i]! - clean[i]!) * 255;
    counts[Math.min(255, Math.ceil(levels - 1e-4))]!++;
  }
  const changed = clean.length - counts[0]!;
  let [level, within] = [0, 0];
  while (within < 0.99 * changed) within += counts[++level]!;
  return differenceLimit(level / 255);
}
