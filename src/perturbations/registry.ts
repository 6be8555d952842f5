import { arrow } from "./arrow.ts";
import { checkerboard } from "./checkerboard.ts";
import { clahe } from "./clahe.ts";
import { contrast } from "./contrast.ts";
import { digitizerBands } from "./digitizerBands.ts";
import { filmText } from "./filmText.ts";
import { digitizedFilm, noiseAndPatch, portableFilm } from "./films.ts";
import { gamma } from "./gamma.ts";
import { gaussianNoise } from "./gaussianNoise.ts";
import { gridLines } from "./gridLines.ts";
import { hiddenText } from "./hiddenText.ts";
import { histogramShift } from "./histogramShift.ts";
import { inverted } from "./inverted.ts";
import { jpeg } from "./jpeg.ts";
import { lowestBit } from "./lowestBit.ts";
import { magnification } from "./magnification.ts";
import { moire } from "./moire.ts";
import { motionBlur } from "./motionBlur.ts";
import { paintedPatch } from "./paintedPatch.ts";
import type { Perturbation } from "./perturbation.ts";
import { pixelSpacing } from "./pixelSpacing.ts";
import { promptBox } from "./promptBox.ts";
import { quantumNoise } from "./quantumNoise.ts";
import { randomPatch } from "./randomPatch.ts";
import { rotation } from "./rotation.ts";
import { scatter } from "./scatter.ts";
import { windowLevel } from "./windowLevel.ts";

/**
 * Every perturbation: other kinds of film, single faults in the order the imaging chain applies them (beam, detector, display,
 * geometry, file), then what is laid over a picture. The parameter object is numbers by name plus, for paintedPatch,
 * `strokes`; members ignore names they do not know.
 */
const MEMBERS = {
  portableFilm,
  digitizedFilm,
  histogramShift,
  windowLevel,
  clahe,
  inverted,
  scatter,
  motionBlur,
  quantumNoise,
  gridLines,
  digitizerBands,
  pixelSpacing,
  gamma,
  contrast,
  gaussianNoise,
  rotation,
  magnification,
  jpeg,
  paintedPatch,
  randomPatch,
  filmText,
  promptBox,
  arrow,
  checkerboard,
  noiseAndPatch,
  moire,
  hiddenText,
  lowestBit,
} as const satisfies Readonly<Record<string, Perturbation<object>>>;

export type PerturbationId = keyof typeof MEMBERS;

export const PERTURBATIONS: Readonly<Record<PerturbationId, Perturbation<object>>> = MEMBERS;
