/** Five strengths of every perturbation, as `npm run bench:severities` calibrated them. */
import measured from "./severities.json" with { type: "json" };

export interface Calibration {
  /** By severity 1 to 5, in the unit of the perturbation's strength; rising. */
  readonly strengths: readonly number[];
  /** What was measured there: mean SSIM to the picture, and the share of answers that turned. */
  readonly ssim: readonly number[];
  readonly flips: readonly number[];
}

export interface Severities {
  /** System that answered. */
  readonly model: string;
  /** Of the phantoms, one after the other. */
  readonly firstSeed: number;
  readonly phantoms: number;
  /** Answers behind each share of flips. */
  readonly answers: number;
  readonly limits: typeof LIMITS;
  readonly perturbations: Readonly<Record<string, Calibration>>;
}

/**
 * At severity 1 to 5 neither is to be more, unless the smallest step of the strength already is: 1 - SSIM, and the share of answers that turn. A perturbation that can't make a picture so
 * unlike has its own largest change in place of the last of the first row, and the others in proportion.
 */
export const LIMITS = {
  unlike: [0.02, 0.05, 0.1, 0.2, 0.35],
  flips: [0.02, 0.05, 0.1, 0.2, 0.35],
} as const;

export const SEVERITIES = measured as unknown as Severities;
