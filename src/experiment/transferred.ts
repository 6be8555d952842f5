/**
 * What an attack made on one system does to another: its picture as a film of its own, shown to the other. At another input
 * size it is resampled on the way, as a picture file would be.
 */
import { toByte } from "../image/grayImage.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { sha256Hex } from "../host/sha256.ts";
import { hasFlipped } from "../system/reading.ts";
import type { StageResults } from "./results.ts";
import type { ExperimentSpec } from "./spec.ts";

type Results = Partial<StageResults>;

/** What one system says of the picture that was made for the other. */
export interface Transferred {
  readonly answer: string | null;
  /** In logits; null where there is no answer. */
  readonly margin: number | null;
  /** Against its own answer to the clean picture; null where there is none of either. */
  readonly flipped: boolean | null;
}

/** The disturbed picture of a run as a film of 8 bits, or undefined before there is one. */
export async function disturbedFilm({
  input,
  disturbed,
}: Results): Promise<Radiograph | undefined> {
  if (!input || !disturbed) return undefined;
  const { size } = input;
  const values = Int32Array.from(disturbed.image, toByte);
  return {
    rows: size,
    cols: size,
    values,
    bitsStored: 8,
    photometric: "MONOCHROME2",
    vois: [{ kind: "linear_exact", center: 127.5, width: 255 }],
    pixelAspect: 1,
    notices: [],
    source: "png",
    rawSha256: await sha256Hex(new Uint8Array(values.buffer)),
  };
}

/** The experiment of a system, asked about such a film and disturbed no further. */
export function aboutFilm(spec: ExperimentSpec, { rawSha256 = "" }: Radiograph): ExperimentSpec {
  return {
    ...spec,
    case: { kind: "file", sha256: rawSha256 },
    window: { kind: "file" },
    stack: [],
    instruments: [],
    certificate: { ...spec.certificate, enabled: false },
    relevance: { enabled: false },
  };
}

/** @param own what the system says of the case itself; `other` what it says of the film made for the other system */
export function transferOf(own: Results, other: Results): Transferred {
  const answer = other.clean?.answer ?? null;
  return {
    answer: answer?.corrected ?? null,
    margin: answer?.margin ?? null,
    flipped: hasFlipped(own.clean?.answer, answer),
  };
}

/** Whether both systems were given one and the same disturbed picture, so that there is nothing to carry over. */
export function isSamePicture(a: Results, b: Results): boolean {
  const [one, two] = [a.disturbed?.image, b.disturbed?.image];
  return one?.length === two?.length && (one ?? []).every((value, i) => value === two![i]);
}
