/** Colour pictures as grey: ITU-R BT.601 luma, 0.299 R + 0.587 G + 0.114 B, rounded. */

export interface ColorLayout {
  readonly pixels: number;
  readonly channels: number;
  /** All red first, then all green, then all blue. */
  readonly planar?: boolean;
  /** The first channel is brightness already (YCbCr). */
  readonly lumaFirst?: boolean;
}

/** Grey values in the unit of the samples; alpha (a second or fourth channel) is not looked at. */
export function grayValues(samples: ArrayLike<number>, layout: ColorLayout): Int32Array {
  const { pixels, channels, planar = false, lumaFirst = false } = layout;
  const out = new Int32Array(pixels);
  const pixelStep = planar ? 1 : channels;
  const channelStep = planar ? pixels : 1;
  const isGray = channels < 3 || lumaFirst;
  for (let i = 0; i < pixels; i++) {
    const at = i * pixelStep;
    if (isGray) {
      out[i] = samples[at]!;
    } else {
      const red = samples[at]!;
      const green = samples[at + channelStep]!;
      const blue = samples[at + 2 * channelStep]!;
      out[i] = Math.round((299 * red + 587 * green + 114 * blue) / 1000);
    }
  }
  return out;
}

/** True when any pixel has unequal red, green and blue. */
export function hasColor(
  samples: ArrayLike<number>,
  { pixels, channels, planar = false }: ColorLayout,
): boolean {
  if (channels < 3) return false;
  const pixelStep = planar ? 1 : channels;
  const channelStep = planar ? pixels : 1;
  for (let i = 0; i < pixels; i++) {
    const at = i * pixelStep;
    const red = samples[at];
    if (samples[at + channelStep] !== red || samples[at + 2 * channelStep] !== red) return true;
  }
  return false;
}
