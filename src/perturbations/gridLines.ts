import { KAPPA } from "./exposure.ts";
import { definePerturbation } from "./perturbation.ts";

/** What decides how an anti-scatter grid shows up in a sampled image. */
export interface GridSampling {
  readonly linesPerCm: number;
  /** Pixel pitch of the detector or film digitizer. */
  readonly pixelPitchMm: number;
  /** Width of the imaged field. */
  readonly fieldWidthMm: number;
  /** Width of the model's image. */
  readonly widthPx: number;
}

/**
 * Frequency of the lines in the model's image, cycles per pixel in [0, 0.5]. Sampling at fs folds a frequency f to its
 * distance from the nearest multiple of fs, once at the detector and once more where every n-th pixel is kept.
 */
export function gridFrequency(grid: GridSampling): number {
  const onDetector = folded((grid.linesPerCm / 10) * grid.pixelPitchMm) / grid.pixelPitchMm;
  return folded((onDetector * grid.fieldWidthMm) / grid.widthPx);
}

/** Cycles per sample after sampling. */
function folded(cyclesPerSample: number): number {
  return Math.abs(cyclesPerSample - Math.round(cyclesPerSample));
}

/** Shadows of a stationary anti-scatter grid: exposure times 1 + a cos(2 pi f y + phase), aliased by two samplings. */
export const gridLines = definePerturbation({
  id: "gridLines",
  label: "Grid lines",
  help: "Leaves the shadow of an anti-scatter grid in the exposure, with the aliasing of the detector and of the resize.",
  strength: "amplitude",
  params: {
    amplitude: {
      label: "Amplitude",
      unit: "",
      min: 0,
      max: 0.4,
      step: 0.01,
      default: 0.1,
      help: "Relative modulation of the exposure.",
    },
    linesPerCm: {
      label: "Grid density",
      unit: "lines/cm",
      min: 10,
      max: 80,
      step: 1,
      default: 40,
      help: "Common grids have 40 to 70 lines per centimetre.",
    },
    pixelPitchMm: {
      label: "Pixel pitch",
      unit: "mm",
      min: 0.05,
      max: 0.4,
      step: 0.001,
      default: 0.143,
      help: "Of the detector or film digitizer; 0.143 mm is common for flat panels.",
    },
    fieldWidthMm: {
      label: "Field width",
      unit: "mm",
      min: 150,
      max: 500,
      step: 5,
      default: 430,
      help: "Width of the imaged field; every n-th detector pixel is kept without smoothing.",
    },
    angleDeg: {
      label: "Angle",
      unit: "degrees",
      min: 0,
      max: 180,
      step: 1,
      default: 90,
      help: "Of the lines against the vertical: 0 upright, 90 level.",
    },
  },
  extra: {},
  transform(image, size, { amplitude, angleDeg, ...sampling }, random) {
    const frequency = gridFrequency({ ...sampling, widthPx: size.width });
    const phase = random.between(0, 2 * Math.PI);
    const across = 2 * Math.PI * frequency * Math.cos((angleDeg * Math.PI) / 180);
    const down = 2 * Math.PI * frequency * Math.sin((angleDeg * Math.PI) / 180);
    return image.map((v, i) => {
      const wave = Math.cos(across * (i % size.width) + down * Math.floor(i / size.width) + phase);
      return v - Math.log(1 + amplitude * wave) / KAPPA;
    });
  },
});
