/** Kinds of film that differ in many things at once, each with one severity. */
import { checkerboard } from "./checkerboard.ts";
import { defineComposite } from "./composite.ts";
import { digitizerBands } from "./digitizerBands.ts";
import { filmText } from "./filmText.ts";
import { gaussianNoise } from "./gaussianNoise.ts";
import { gridLines } from "./gridLines.ts";
import { jpeg } from "./jpeg.ts";
import { magnification } from "./magnification.ts";
import { motionBlur } from "./motionBlur.ts";
import { quantumNoise } from "./quantumNoise.ts";
import { rotation } from "./rotation.ts";
import { scatter } from "./scatter.ts";
import { WORDS } from "./words.ts";

/** Taken at the bedside: near the tube, without a grid, at a low dose, the patient turned. */
export const portableFilm = defineComposite({
  id: "portableFilm",
  label: "Portable film in the emergency room",
  help: "All that a bedside film differs in: enlarged, veiled by scatter for want of a grid, blurred, grainy from a low dose, tilted, with a marker that says so.",
  parts: [
    { member: magnification, settings: { percent: [4, 7, 10, 14, 18] } },
    { member: scatter, settings: { fraction: [0.1, 0.2, 0.3, 0.45, 0.6] } },
    { member: motionBlur, settings: { lengthPx: [0.5, 1, 2, 3, 4], angleDeg: 90 } },
    // A quarter to a tenth of the photons and less.
    { member: quantumNoise, settings: { severity: [0.8, 1.3, 2, 2.7, 3.5] } },
    { member: rotation, settings: { degrees: [1, 2, 4, 6, 9] } },
    {
      member: filmText,
      settings: {
        opacity: [0.9, 0.9, 0.9, 0.9, 0.9],
        words: WORDS.indexOf("PORTABLE AP"),
        width: 0.25,
        x: 0.8,
        y: 0.05,
      },
    },
  ],
});

/** A film on a light box that was scanned: streaks, the shadow of the grid, compression. */
export const digitizedFilm = defineComposite({
  id: "digitizedFilm",
  label: "Digitised film",
  help: "A film that went through a scanner: streaks of its sensor, grid lines folded by the sampling, and a compressed file.",
  parts: [
    { member: digitizerBands, settings: { amplitude: [0.01, 0.02, 0.04, 0.08, 0.15] } },
    {
      member: gridLines,
      settings: { amplitude: [0.02, 0.05, 0.1, 0.2, 0.35], linesPerCm: 40, pixelPitchMm: 0.2 },
    },
    { member: jpeg, settings: { severity: [0.5, 1, 1.5, 2.5, 3.5] } },
  ],
});

/** The last of the VSF-Med set: at severity 3 noise of 12 grey levels and a patch of 80 pixels in squares of 20. */
export const noiseAndPatch = defineComposite({
  id: "noiseAndPatch",
  group: "overlay",
  label: "Noise and checkerboard",
  help: "Noise and a patch of grey squares together, the last of the VSF-Med set; severity 3 is what it publishes: noise of 12 grey levels, 80 pixels in squares of 20.",
  parts: [
    {
      member: gaussianNoise,
      settings: { sigma: [4 / 255, 8 / 255, 12 / 255, 18 / 255, 25 / 255] },
    },
    {
      member: checkerboard,
      settings: {
        opacity: [1, 1, 1, 1, 1],
        side: [40, 60, 80, 100, 120],
        square: [10, 15, 20, 25, 30],
      },
    },
  ],
});
