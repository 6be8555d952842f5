import { contrast } from "./contrast.ts";
import { filmText } from "./filmText.ts";
import { gamma } from "./gamma.ts";
import { gaussianNoise } from "./gaussianNoise.ts";
import { gridLines } from "./gridLines.ts";
import { hiddenText } from "./hiddenText.ts";
import { jpeg } from "./jpeg.ts";
import { motionBlur } from "./motionBlur.ts";
import { paintedPatch } from "./paintedPatch.ts";
import type { Perturbation } from "./perturbation.ts";
import { quantumNoise } from "./quantumNoise.ts";
import { rotation } from "./rotation.ts";
import { scatter } from "./scatter.ts";

export type PerturbationId =
  | "scatter"
  | "motionBlur"
  | "quantumNoise"
  | "gridLines"
  | "gamma"
  | "contrast"
  | "gaussianNoise"
  | "rotation"
  | "paintedPatch"
  | "filmText"
  | "hiddenText"
  | "jpeg";

/**
 * Every perturbation, in the order the imaging chain applies them (beam, detector, display, geometry, overlay, file). The
 * parameter object is numbers by name plus, for paintedPatch, `strokes`; members ignore names they do not know.
 */
export const PERTURBATIONS: Readonly<Record<PerturbationId, Perturbation<object>>> = {
  scatter,
  motionBlur,
  quantumNoise,
  gridLines,
  gamma,
  contrast,
  gaussianNoise,
  rotation,
  paintedPatch,
  filmText,
  hiddenText,
  jpeg,
};
