import { poisson } from "../numerics/poisson.ts";
import { KAPPA } from "./exposure.ts";
import { definePerturbation } from "./perturbation.ts";
import { settingAt } from "./severity.ts";

const PHOTONS = [8000, 3000, 1200, 500, 200] as const;

/**
 * Photons per pixel behind black at a severity of (0, 5]. Below 1 the dose grows as 1 / severity^2, so that the noise
 * itself falls to nothing in proportion.
 */
export function dosePhotons(severity: number): number {
  return settingAt(severity, PHOTONS, (s) => PHOTONS[0] / (s * s));
}

/**
 * Poisson noise of the photons: sd of the display value v is about 1 / (kappa sqrt(q0 exp(-kappa v))), largest behind the
 * mediastinum, smallest in the lungs.
 */
export const quantumNoise = definePerturbation({
  id: "quantumNoise",
  label: "Quantum noise (dose)",
  help: "Redraws every pixel's photon count at a lower dose, as with a portable film: grainier where the chest is dense.",
  strength: "severity",
  params: {
    severity: {
      label: "Dose reduction",
      unit: "",
      min: 0,
      max: 5,
      step: 0.1,
      default: 2,
      help: "Photons per pixel behind air; fewer make more grain. 0 is off; 1 to 5 are 8000, 3000, 1200, 500 and 200, log-interpolated between them.",
      inWords: (severity) =>
        severity === 0 ? "off" : `${Number(dosePhotons(severity).toPrecision(2))} photons`,
    },
  },
  extra: {},
  transform(image, _size, { severity }, random) {
    const photons = dosePhotons(severity);
    return image.map((v) => {
      const count = poisson(photons * Math.exp(-KAPPA * v), random);
      return count > 0 ? -Math.log(count / photons) / KAPPA : 1;
    });
  },
});
