import type { Defense } from "./defense.ts";
import { bilateralFilter } from "./filters/bilateral.ts";
import { bandStop, lowPass } from "./filters/frequency.ts";
import { frequencyModules } from "./frequencyModules.ts";
import { gaussianFilter } from "./filters/gaussian.ts";
import { medianFilter } from "./filters/median.ts";
import { resample } from "./filters/resample.ts";
import { bitDepth, jpegFilter } from "./filters/rounding.ts";
import { totalVariation } from "./filters/totalVariation.ts";
import { wavelet } from "./filters/wavelet.ts";
import { overlayRemoval } from "./filters/overlayRemoval.ts";
import { adapter } from "./adapter.ts";
import { diffusionPurifier } from "./diffusion.ts";
import { encoderAdapter } from "./encoderAdapter.ts";
import { learnedBands } from "./learnedBands.ts";
import { mapper, purifier } from "./linked.ts";
import { augmentationVote } from "./looks/augmentationVote.ts";
import { featureSmoothing } from "./looks/featureSmoothing.ts";
import { noiseVote } from "./looks/noiseVote.ts";
import { resizePad } from "./looks/resizePad.ts";
import { ensemble } from "./several/ensemble.ts";
import { mixtureOfExperts } from "./several/mixtureOfExperts.ts";

/** Every defense by its id. */
export const DEFENSES: Readonly<Record<string, Defense>> = {
  gaussianFilter,
  medianFilter,
  bilateralFilter,
  totalVariation,
  wavelet,
  lowPass,
  bandStop,
  resample,
  bitDepth,
  jpegFilter,
  overlayRemoval,
  purifier,
  mapper,
  adapter,
  encoderAdapter,
  frequencyModules,
  learnedBands,
  diffusionPurifier,
  augmentationVote,
  noiseVote,
  featureSmoothing,
  resizePad,
  ensemble,
  mixtureOfExperts,
};
