import { jpegRoundTrip } from "../image/jpegRoundTrip.ts";
import { definePerturbation } from "./perturbation.ts";
import { settingAt } from "./severity.ts";

const QUALITIES = [80, 50, 25, 15, 7] as const;

/** JPEG quality at a severity of (0, 5]; below 1 it rises towards 100. */
export function jpegQuality(severity: number): number {
  return settingAt(severity, QUALITIES, (s) => 100 - s * (100 - QUALITIES[0]));
}

/** What baseline JPEG does to a grey image: 8-bit rounding, 8 x 8 DCT, quantisation and back. No browser codec involved. */
export const jpeg = definePerturbation({
  id: "jpeg",
  label: "JPEG compression",
  help: "Compresses and decompresses as baseline JPEG, with the same result on every machine.",
  strength: "severity",
  params: {
    severity: {
      label: "Compression",
      unit: "",
      min: 0,
      max: 5,
      step: 0.1,
      default: 2,
      help: "0 is off; 1 to 5 are quality 80, 50, 25, 15 and 7, log-interpolated.",
      inWords: (severity) =>
        severity === 0 ? "off" : `quality ${Math.round(jpegQuality(severity))}`,
    },
  },
  extra: {},
  transform: (image, size, { severity }) => jpegRoundTrip(image, size, jpegQuality(severity)),
});
