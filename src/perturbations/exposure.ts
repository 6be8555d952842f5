/**
 * The exposure domain of a radiograph. A display value v (white = dense = few photons) stands for the photon count
 * q = q0 exp(-kappa v) behind it, so noise, scatter and grids act where the detector meets them.
 */

/** Log-attenuation between the black and the white end of the display: q falls by e^4 = 55 from lung to dense. */
export const KAPPA = 4;

/** Display value to exposure relative to that of black, (0, 1]. */
export function toExposure(image: Float32Array): Float32Array {
  return image.map((v) => Math.exp(-KAPPA * v));
}

/** Relative exposure to display value; no exposure at all is the densest white. */
export function toDisplay(exposure: ArrayLike<number>): Float32Array {
  const out = new Float32Array(exposure.length);
  for (let i = 0; i < out.length; i++) {
    const q = exposure[i]!;
    out[i] = q > 0 ? -Math.log(q) / KAPPA : 1;
  }
  return out;
}
