/** Numbers that compare the clean and the disturbed readout. */
import { compareMaps } from "../explanations/mapComparison.ts";
import { grayImage } from "../image/grayImage.ts";
import { featureShift } from "../metrics/featureShift.ts";
import { perceptibility } from "../metrics/perceptibility.ts";
import { hasFlipped } from "../system/reading.ts";
import { headMean } from "../tensor/headMean.ts";
import type { MetricsResult, Readout } from "./results.ts";

/** What was read off a picture, and the picture. */
export interface ReadPicture extends Readout {
  readonly image: Float32Array;
}

export function measure(clean: ReadPicture, disturbed: ReadPicture, size: number): MetricsResult {
  const map = (data: Float32Array, [rows, cols] = clean.grid) => grayImage(data, rows, cols);
  const shift = featureShift(clean.embedding, disturbed.embedding);
  const visible = perceptibility(clean.image, disturbed.image, size, size);
  const paraphraseFlips = clean.paraphrases.map(
    (answer, k) => answer.corrected !== disturbed.paraphrases[k]?.corrected,
  );
  return {
    featureCosine: shift.cosine,
    featureL2: shift.l2,
    ...visible,
    attentionSsim: clean.attention.map((layer, k) => {
      const other = disturbed.attention[k]!;
      const { kind, layer: index, grid } = layer;
      const [before, after] = [layer, other].map((each) => map(headMean(each), grid));
      return { kind, layer: index, ...compareMaps(before!, after!) };
    }),
    rolloutSsim:
      clean.rollout.length === 0
        ? NaN
        : compareMaps(map(clean.rollout), map(disturbed.rollout)).ssim,
    flipped: hasFlipped(clean.answer, disturbed.answer),
    paraphraseFlips,
    flipRateClean: disagreement(clean),
    flipRateDisturbed: disagreement(disturbed),
  };
}

/** Share of paraphrases that disagree with the reader's own wording; null of none. */
function disagreement({ answer, paraphrases }: Readout): number | null {
  if (answer === null || paraphrases.length === 0) return null;
  const differing = paraphrases.filter((p) => p.corrected !== answer.corrected).length;
  return differing / paraphrases.length;
}
