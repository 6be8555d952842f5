/** Numbers of one picture that an attack may raise: how much an answer hangs on details that a reader would not see. */
import { DEFENSES } from "../../defenses/registry.ts";
import type { FilterDefense } from "../../defenses/filterDefense.ts";
import { STILL, warp } from "../../defenses/looks/warp.ts";
import type { Host } from "../../host/host.ts";
import type { ExpandedQuestion } from "../../language/questionBank.ts";
import { hiddenText } from "../../image/lsb.ts";
import type { System } from "../../system/system.ts";
import { cosine } from "../../tensor/norms.ts";

export const DETECTORS = {
  views: "Disagreement between slightly moved views",
  encoders: "Disagreement between encoders",
  squeezing: "Feature-squeezing distance",
  distance: "Distance to the nearest known picture",
  hiddenText: "Words in a bit plane",
} as const;
export type DetectorId = keyof typeof DETECTORS;
export const DETECTOR_IDS = Object.keys(DETECTORS) as DetectorId[];
export type Scores = Readonly<Record<DetectorId, number>>;

export interface Looker extends Pick<Host, "yieldToHost"> {
  readonly system: System;
  /** Other models that look at the same picture. */
  readonly others: readonly System[];
  readonly wording: ExpandedQuestion;
  /** Unit vectors of pictures as the model knows them. */
  readonly known: readonly Float32Array[];
}

/** Moved and turned a little, as test-time augmentation does; never mirrored. */
const POSES = [
  { dx: 3, dy: 0 },
  { dx: -3, dy: 1 },
  { dx: 0, dy: 3 },
  { dx: 1, dy: -3 },
  { degrees: 2 },
  { degrees: -2 },
];

/** The squeezers of Xu et al. 2018 for grey pictures. */
const SQUEEZERS = [
  { id: "bitDepth", params: { removed: 3 } },
  { id: "medianFilter", params: { radius: 1 } },
  { id: "gaussianFilter", params: { sigma: 1 } },
] as const;
const PLANES = [1, 2, 3, 4, 5, 6, 7, 8];

export async function detectorScores(image: Float32Array, looker: Looker): Promise<Scores> {
  const { system, others, wording, known, yieldToHost } = looker;
  const { size } = system;
  const said = async (by: System, picture: Float32Array) => {
    await yieldToHost();
    return (await by.read(picture, [wording])).answers[0]!.probabilities;
  };
  const own = await said(system, image);
  const distances = async (pictures: readonly Float32Array[]) => {
    const out: number[] = [];
    for (const picture of pictures) out.push(l1(own, await said(system, picture)));
    return out;
  };
  const views = await distances(
    POSES.map((pose) => warp(size, { ...STILL, ...pose })(image).image),
  );
  const squeezed = await distances(
    SQUEEZERS.map(
      ({ id, params }) => (DEFENSES[id] as FilterDefense).filter(size, params)(image).image,
    ),
  );
  const between: number[] = [];
  for (const other of others) between.push(l1(own, await said(other, image)));
  const [embedding] = await system.embed([image]);
  return {
    views: mean(views),
    encoders: between.length > 0 ? mean(between) : NaN,
    squeezing: Math.max(...squeezed),
    distance: 1 - Math.max(...known.map((each) => cosine(each, embedding!))),
    hiddenText: PLANES.some((plane) => hiddenText(image, plane) !== undefined) ? 1 : 0,
  };
}

/** Of two answers' probabilities: 0 to 2. */
function l1(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): number {
  return Object.keys(a).reduce((sum, word) => sum + Math.abs(a[word]! - (b[word] ?? 0)), 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
