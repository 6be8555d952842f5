/** Every defense that is attacked again by another program, with the settings it has then. */
import type { DefenseItem } from "../../src/defenses/defense.ts";

export interface Shield {
  readonly defenses: readonly Pick<DefenseItem, "defense" | "params">[];
  /** A robust model instead of a defense of the base model. */
  readonly model?: string;
}

const alone = (defense: string, params: DefenseItem["params"] = {}): Shield => ({
  defenses: [{ defense, params }],
});

/** The attacker averages over as many draws as the honesty card's does. */
const drawing = (defense: string, params: DefenseItem["params"] = {}): Shield =>
  alone(defense, { ...params, eot: 20 });

export const SHIELDS: Readonly<Record<string, Shield>> = {
  none: { defenses: [] },
  featureSmoothing: drawing("featureSmoothing"),
  jpegFilter: alone("jpegFilter"),
  gaussianFilter: alone("gaussianFilter"),
  medianFilter: alone("medianFilter"),
  bilateralFilter: alone("bilateralFilter"),
  totalVariation: alone("totalVariation"),
  wavelet: alone("wavelet"),
  lowPass: alone("lowPass"),
  bandStop: alone("bandStop"),
  resample: alone("resample"),
  bitDepth: alone("bitDepth"),
  overlayRemoval: alone("overlayRemoval"),
  purifier: alone("purifier", { sigma: 0.1 }),
  booster: {
    defenses: [
      { defense: "purifier", params: { sigma: 0.1 } },
      { defense: "mapper", params: { sigma: 0.1 } },
    ],
  },
  diffusionPurifier: drawing("diffusionPurifier"),
  adapter: alone("adapter"),
  frequencyModules: alone("frequencyModules"),
  learnedBands: alone("learnedBands"),
  augmentationVote: alone("augmentationVote", { agreement: 0 }),
  noiseVote: drawing("noiseVote", { agreement: 0 }),
  resizePad: drawing("resizePad"),
  ensemble: alone("ensemble"),
  mixtureOfExperts: alone("mixtureOfExperts"),
  "fare-2": { defenses: [], model: "fare-2" },
  "tecoa-2": { defenses: [], model: "tecoa-2" },
  robust: { defenses: [], model: "robust" },
  noise: { defenses: [], model: "noise" },
};
