/**
 * Filters on spatial frequencies, in cycles per pixel. Each multiplies the spectrum by a real, even gain: the map equals its
 * own transpose, so the gradient takes the same way as the picture. The picture is taken to repeat beyond its border.
 */
import type { ParamMeta } from "../../system/param.ts";
import { fft2, inverseFft2 } from "../../image/fft.ts";
import { filterDefense } from "../filterDefense.ts";

const AMOUNT: ParamMeta = {
  label: "Amount",
  unit: "",
  min: 0,
  max: 1,
  step: 0.05,
  default: 1,
  help: "Share of the named frequencies that is taken out. 0 leaves the picture exactly as it is.",
};

/** Butterworth's low-pass: half the power at the cut-off. */
const ORDER = 4;

export const lowPass = filterDefense({
  id: "lowPass",
  label: "Low-pass",
  help: "Takes out the fine end of the spatial frequencies, where much of an attack lives. Sharp edges ring a little, and an attacker who knows of it uses the coarse ones.",
  source: "Butterworth 1930, order 4, on spatial frequencies",
  params: {
    amount: AMOUNT,
    cutoff: {
      label: "Cut-off",
      unit: "cycles/px",
      min: 0.02,
      max: 0.5,
      step: 0.01,
      default: 0.2,
      help: "Frequency of which half the amplitude is left. 0.5 is the finest that pixels can hold.",
    },
  },
  strength: "amount",
  gradient: "exact",
  filter: (size, { amount = 0, cutoff = 0.5 }) =>
    spectral(size, (f) => 1 - amount * (1 - 1 / (1 + (f / cutoff) ** (2 * ORDER)))),
});

/** A Gaussian ring of frequencies taken out, such as the lines of an anti-scatter grid. */
export const bandStop = filterDefense({
  id: "bandStop",
  label: "Band-stop",
  help: "Takes out one ring of spatial frequencies, such as the lines of an anti-scatter grid. What the patient has at that frequency is taken out with it.",
  source: "Gaussian notch on spatial frequencies",
  params: {
    amount: AMOUNT,
    centre: {
      label: "Frequency",
      unit: "cycles/px",
      min: 0.02,
      max: 0.5,
      step: 0.005,
      default: 0.25,
      help: "The frequency that is taken out, in every direction.",
    },
    width: {
      label: "Width",
      unit: "cycles/px",
      min: 0.005,
      max: 0.1,
      step: 0.005,
      default: 0.02,
      help: "Standard deviation of the ring around it.",
    },
  },
  strength: "amount",
  gradient: "exact",
  filter: (size, { amount = 0, centre = 0.25, width = 0.02 }) =>
    spectral(size, (f) => 1 - amount * Math.exp(-0.5 * ((f - centre) / width) ** 2)),
});

function spectral(size: number, gainAt: (frequency: number) => number) {
  const wave = (k: number) => (k <= size / 2 ? k : size - k) / size;
  const gains = Float64Array.from({ length: size * size }, (_, i) =>
    gainAt(Math.hypot(wave(i % size), wave(Math.floor(i / size)))),
  );
  const filtered = (data: Float32Array): Float32Array => {
    const spectrum = fft2({ rows: size, cols: size, data });
    gains.forEach((gain, i) => {
      spectrum.re[i]! *= gain;
      spectrum.im[i]! *= gain;
    });
    return inverseFft2(spectrum).data;
  };
  return (image: Float32Array) => ({ image: filtered(image), pullback: filtered });
}
