import { psnr } from "../image/psnr.ts";
import { ssimTo } from "../image/ssim.ts";
import type { GrayImage } from "../image/grayImage.ts";
import { l0Norm, l2Norm, linfNorm, subtract } from "../tensor/norms.ts";

/** How visible a change is. Distances in model space, [0, 1] grey. */
export interface Perceptibility {
  readonly linf: number;
  readonly l2: number;
  /** Share of pixels that changed by more than half a grey level of 255: what a rounded file would show. */
  readonly changedShare: number;
  /** 1 for equal images. */
  readonly ssim: number;
  /** Decibels, Infinity for equal images. */
  readonly psnr: number;
}

/** The picture that was compared last: one clean picture stands against many disturbed ones. */
let last:
  { readonly data: Float32Array; readonly similarity: (b: GrayImage) => number } | undefined;

function similarityTo(a: GrayImage): (b: GrayImage) => number {
  if (last?.data !== a.data) last = { data: a.data, similarity: ssimTo(a) };
  return last.similarity;
}

/** Images of rows x cols pixels, at least 11 x 11, which nobody changes later. */
export function perceptibility(
  clean: Float32Array,
  disturbed: Float32Array,
  rows: number,
  cols: number,
): Perceptibility {
  // Nothing has happened to it.
  if (clean === disturbed) return { linf: 0, l2: 0, changedShare: 0, ssim: 1, psnr: Infinity };
  const change = subtract(disturbed, clean);
  const a = { rows, cols, data: clean };
  const b = { rows, cols, data: disturbed };
  return {
    linf: linfNorm(change),
    l2: l2Norm(change),
    changedShare: l0Norm(change, 0.5 / 255) / change.length,
    ssim: similarityTo(a)(b),
    psnr: psnr(a, b),
  };
}
