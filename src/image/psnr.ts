import { checkSameSize } from "./grayImage.ts";
import type { GrayImage } from "./grayImage.ts";

/** Peak signal-to-noise ratio in decibels for values spanning `range`; Infinity for equal images. */
export function psnr(a: GrayImage, b: GrayImage, range = 1): number {
  checkSameSize(a, b);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return sum === 0 ? Infinity : 10 * Math.log10((range * range * a.data.length) / sum);
}
