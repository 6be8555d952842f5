/**
 * What is measured on a film, with what it means: a projection magnifies, and a file may not say in which plane its
 * spacing holds. Angles and ratios are taken in millimetres where there is a spacing, else in pixel widths, so that
 * pixels that are not square bend nothing.
 */
import type { PixelSpacing } from "../../image/radiograph.ts";
import type { FilmMeasure, MeasureTool, RegionTool } from "../../state/viewStore.ts";
import { decimal } from "../../numerics/decimalText.ts";

/** Of the film: its spacing in mm, and the height of a pixel over its width. */
export interface Scale {
  readonly pixelSpacingMm?: PixelSpacing | undefined;
  readonly pixelAspect: number;
}

export interface Measured {
  /** "100.0 mm", "200 px", "61°", "ratio 0.47". */
  readonly text: string;
  /** Where it holds, in words. */
  readonly meaning: string;
}

/** Points that make a whole: two ends; an end, the vertex and an end; the heart's two borders and the chest's; two opposite corners. */
export const POINTS: Readonly<Record<MeasureTool, number>> = {
  ruler: 2,
  angle: 3,
  heartRatio: 4,
  rectangle: 2,
  ellipse: 2,
};

type Point = FilmMeasure["points"][number];

const MEANINGS: Readonly<Record<PixelSpacing["plane"], string>> = {
  detector: "at the detector; in the patient it is less",
  patient: "in the patient, as the file was calibrated",
  film: "on the scanned film",
  unstated: "by the file’s spacing, which does not say where it holds",
};

export function isRegionTool(tool: MeasureTool): tool is RegionTool {
  return tool === "rectangle" || tool === "ellipse";
}

export function isWhole({ tool, points, isHeld }: FilmMeasure): boolean {
  return points.length === POINTS[tool] && !isHeld;
}

/** Of what is being drawn, what can be told already; null while that is nothing. */
export function measured({ tool, points }: FilmMeasure, scale: Scale): Measured | null {
  if (points.length < 2 || isRegionTool(tool)) return null;
  const [a, b, c, d] = points as [Point, Point, Point?, Point?];
  if (tool === "ruler") return length(a, b, scale);
  if (tool === "angle") {
    if (!c) return { text: "…", meaning: "Draw from the vertex to the end of the other arm." };
    return { text: `${decimal(angle([a, b, c], scale), 0)}°`, meaning: "between the two arms" };
  }
  const heart = length(a, b, scale);
  if (!c || !d) {
    const meaning =
      "across the heart; now draw across the chest, between the inner borders of the ribs";
    return { text: heart.text, meaning };
  }
  const ratio = distance(a, b, scale) / distance(c, d, scale);
  return {
    text: `cardiothoracic ratio ${decimal(ratio, 2)}`,
    meaning: `${heart.text} across the heart, ${length(c, d, scale).text} across the chest. On an upright PA film of an adult more than 0.50 counts as enlarged; an AP film makes the heart look larger`,
  };
}

function length(from: Point, to: Point, scale: Scale): Measured {
  const apart = distance(from, to, scale);
  const { pixelSpacingMm: spacing } = scale;
  if (!spacing)
    return { text: `${Math.round(apart)} px`, meaning: "the file has no pixel spacing" };
  const { plane, magnification } = spacing;
  const meaning =
    plane === "detector" && magnification
      ? `at the detector; about ${decimal(apart / magnification, 1)} mm in the patient, at the file’s magnification of ${magnification}`
      : MEANINGS[plane];
  return { text: `${decimal(apart, 1)} mm`, meaning };
}

/** Degrees at the middle point, 0 to 180. */
function angle([from, vertex, to]: readonly [Point, Point, Point], scale: Scale): number {
  const [first, second] = [between(vertex, from, scale), between(vertex, to, scale)];
  const across = first.right * second.down - first.down * second.right;
  const along = first.right * second.right + first.down * second.down;
  return (Math.abs(Math.atan2(across, along)) * 180) / Math.PI;
}

function distance(from: Point, to: Point, scale: Scale): number {
  const { right, down } = between(from, to, scale);
  return Math.hypot(right, down);
}

/** From one point to another, in mm or in pixel widths. */
function between(from: Point, to: Point, { pixelSpacingMm: spacing, pixelAspect }: Scale) {
  return {
    right: (to.x - from.x) * (spacing?.col ?? 1),
    down: (to.y - from.y) * (spacing?.row ?? pixelAspect),
  };
}
