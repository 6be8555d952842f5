/** The patient's anatomy as numbers: outlines of lungs, heart and great vessels in millimetres on the image plane. */
import { randomStream } from "../numerics/random.ts";
import type { ResolvedFinding } from "./patient.ts";
import { smoothStep } from "./projection.ts";
import type { PatientParams, Side } from "./spec.ts";

export interface Geometry {
  /** Half-width of the rib cage's inner side at its widest. */
  readonly chestHalfWidth: number;
  readonly apexY: number;
  /** How far up the rib cage keeps its width: 3 is a cone with a round top, 5 nearly a cylinder. */
  readonly chestFullness: number;
  /** Level of the lateral costophrenic angles. */
  readonly baseY: number;
  readonly bodyHalfWidth: number;
  /** Front-to-back thickness of the trunk at the midline. */
  readonly bodyDepth: number;
  readonly lungDepth: number;
  /** Shift of the mediastinum by rotation. */
  readonly midX: number;
  readonly heartRightX: number;
  readonly heartLeftX: number;
  readonly heartY: number;
  readonly heartHalfHeight: number;
  readonly cardiothoracicRatio: number;
  readonly aortaRadius: number;
  readonly carinaY: number;
  readonly hilumY: Readonly<Record<Side, number>>;
  /** Top of each diaphragm dome. */
  readonly domeY: Readonly<Record<Side, number>>;
  readonly domeDrop: number;
  /** Distance between neighbouring ribs. */
  readonly ribPitch: number;
  readonly ribSlope: number;
  /** What each rib lies lower than even spacing says, mm, from the first to the tenth. */
  readonly ribShift: readonly number[];
  readonly boneDensity: number;
  /** The film's processing: shift and widening of the display window, in line integral. */
  readonly filmShift: number;
  readonly filmStretch: number;
}

/** +1 on the patient's left (image right), -1 on the right. */
export function signOf(side: Side): 1 | -1 {
  return side === "left" ? 1 : -1;
}

export function drawGeometry(
  seed: number,
  patient: PatientParams,
  findings: readonly ResolvedFinding[],
): Geometry {
  const random = randomStream(seed, "phantom", "shape");
  const film = randomStream(seed, "phantom", "film");
  const shape = randomStream(seed, "phantom", "rib cage");
  const female = patient.sex === "female";
  const chestHalfWidth = (female ? 130 : 142) * random.between(0.94, 1.06);
  const depthOfBreath = patient.inspiration - 0.6;
  const baseY = 112 + 28 * depthOfBreath + random.between(-5, 5);
  const ap = patient.view === "AP";
  const midX = 1.3 * patient.rotationDeg;
  const healthyRatio = random.between(0.4, 0.475) + (ap ? 0.02 : 0);
  const enlarged = findings.find((f) => f.kind === "cardiomegaly");
  const ratio = enlarged ? enlarged.amount : healthyRatio;
  // Inner thorax at the level of the heart, which is where the ratio is measured.
  const thorax = 2 * chestHalfWidth;
  const rightShare = random.between(0.27, 0.34);
  const raised = (side: Side) =>
    findings.find((f) => f.kind === "atelectasis" && f.side === side)?.amount ?? 0;
  const domeRight = baseY - 40 + random.between(-4, 4);
  const domeLeft = domeRight + random.between(6, 14);
  return {
    chestHalfWidth,
    apexY: -142 + random.between(-5, 5),
    chestFullness: shape.between(2.5, 4),
    baseY,
    bodyHalfWidth: chestHalfWidth + 19 + 32 * patient.habitus,
    bodyDepth: 185 + 75 * patient.habitus + (female ? -8 : 8),
    lungDepth: 142 * random.between(0.93, 1.07),
    midX,
    heartRightX: midX - ratio * thorax * rightShare,
    heartLeftX: midX + ratio * thorax * (1 - rightShare),
    heartY: baseY - 68 + random.between(-4, 4),
    heartHalfHeight: 66 * random.between(0.95, 1.06) * (1 + 0.8 * Math.max(0, ratio - 0.48)),
    cardiothoracicRatio: ratio,
    aortaRadius: 13 + 0.07 * (patient.age - 30) + random.between(-1, 1.5),
    carinaY: -46 + random.between(-6, 6),
    hilumY: { right: -18 + random.between(-5, 5), left: -28 + random.between(-5, 5) },
    domeY: { right: domeRight - raised("right"), left: domeLeft - raised("left") },
    domeDrop: 34 + random.between(-6, 8),
    ribPitch: 21.5 + 3 * patient.inspiration + random.between(-0.8, 0.8),
    ribSlope: random.between(38, 60),
    ribShift: Array.from({ length: 10 }, () => shape.between(-2, 2)),
    filmShift: film.between(-0.35, 0.3),
    filmStretch: film.between(-0.25, 0.5),
    boneDensity: 1.12 - 0.004 * (patient.age - 30) + random.between(-0.08, 0.08),
  };
}

/** Distance of the top of a lung's dome from the midline, mm. */
const DOME_X = 46;

/** Lateral inner edge of the rib cage at height y (distance from the midline, mm); 0 above the apex. */
export function chestEdge(g: Geometry, y: number): number {
  const widest = g.baseY - 25;
  if (y >= widest) return g.chestHalfWidth * (1 - 0.05 * smoothStep(0, 90, y - widest));
  const t = (widest - y) / (widest - g.apexY);
  if (t >= 1) return 0;
  return DOME_X + (g.chestHalfWidth - DOME_X) * Math.sqrt(1 - t ** g.chestFullness);
}

/** Medial edge of a lung at height y: distance from the (shifted) midline. */
export function mediastinalEdge(g: Geometry, side: Side, y: number): number {
  const upper = 21 + 4 * smoothStep(-100, -40, y);
  const lower = side === "right" ? 24 : 26;
  // The apex is a dome beside the neck: its medial wall rounds off towards the first rib.
  const below = Math.max(0, Math.min(1, (y - g.apexY) / 52));
  const apical = (DOME_X - 21) * (1 - Math.sqrt(1 - (1 - below) ** 2));
  return upper + (lower - upper) * smoothStep(-40, 30, y) + apical;
}

/** Height of the diaphragm at a lateral position (signed mm from the midline). */
export function diaphragmY(g: Geometry, side: Side, x: number): number {
  const lateral = Math.abs(x - g.midX * 0.3);
  const crest = 0.46 * g.chestHalfWidth;
  const t = (lateral - crest) / (g.chestHalfWidth - crest);
  const drop = t > 0 ? g.domeDrop * 1.35 * t ** 2.2 : 0.32 * g.domeDrop * t * t * 2.2;
  return g.domeY[side] + drop;
}
