/**
 * Which kind of picture this is to the model, and whether it is one of those that it knows at all: the Mahalanobis distance
 * (Lee et al. 2018, arXiv:1807.03888; covariance shrunk by Ledoit & Wolf 2004) of its image embedding from adult films,
 * children's films and phantoms, against the distances of such pictures that the reference was not made from. The numbers
 * are made by bench/populations.ts.
 */
import { fromBase64Url } from "../host/base64url.ts";
import { mahalanobisDistance } from "./representation.ts";
import type { GaussianFit } from "./representation.ts";
import stored from "./populations.json" with { type: "json" };

export type PopulationId = "adult" | "child" | "phantom";

/** As bench/populations.ts writes it. */
export interface StoredPopulation {
  /** Pictures of the reference, and those that its distances are of. */
  readonly n: number;
  readonly held: number;
  /** Float32, little-endian, in the characters of a URL: the mean, and the lower triangle of the factor row by row. */
  readonly mean: string;
  readonly factor: string;
  /** Distances of the held-out pictures at 0, 1, ... 100 percent. */
  readonly quantiles: readonly number[];
}

/** Of pictures of one kind that nothing here was fitted to, those that are called unlike all. */
export interface FarShare {
  readonly far: number;
  readonly n: number;
}

/** Test pictures of each population, adult films of hospitals that gave none, no chests, and adult films made wrong. */
export type MeasuredKind =
  | PopulationId
  | "otherHospitals"
  | "photographs"
  | "ramps"
  | "inverted"
  | "turned"
  | "upsideDown"
  | "part";

export type FarShares = Readonly<Record<MeasuredKind, FarShare>>;

interface StoredModel {
  /** The vision graphs whose embeddings these are. */
  readonly visionSha256: Readonly<Record<string, string>>;
  readonly populations: Readonly<Record<PopulationId, StoredPopulation>>;
  readonly measured: FarShares;
}

/** Further than this share of the held-out pictures of every kind, a picture is unlike all of them. */
export const FAR_SHARE = 98;

export interface Place {
  /** The kind it is most like, by its distance over the one that counts as far there. */
  readonly nearest: PopulationId;
  /** Percent of held-out pictures of that kind that lie nearer, 0 to 100. */
  readonly further: number;
  /** Unlike every kind the model knows. */
  readonly isFar: boolean;
}

/** What was measured of the rule itself; undefined for a model without a reference. */
export function farShares(model: string): FarShares | undefined {
  return modelOf(model)?.measured;
}

export function visionHashes(model: string): Readonly<Record<string, string>> | undefined {
  return modelOf(model)?.visionSha256;
}

/**
 * @param embedding the bare model's image embedding of the undisturbed picture
 * @returns undefined for a model without a reference
 */
export function placeAmong(model: string, embedding: Float32Array): Place | undefined {
  const populations = modelOf(model)?.populations;
  if (!populations) return undefined;
  const ids = Object.keys(populations) as PopulationId[];
  const places = ids.map((id) => {
    const { mean, factor, quantiles } = populations[id];
    const distance = mahalanobisDistance(unpacked(mean, factor), embedding);
    const nearer = quantiles.filter((each) => each < distance).length;
    return { id, ratio: distance / quantiles[FAR_SHARE]!, further: Math.max(0, nearer - 1) };
  });
  const nearest = places.reduce((best, each) => (each.ratio < best.ratio ? each : best));
  return { nearest: nearest.id, further: nearest.further, isFar: nearest.ratio > 1 };
}

function modelOf(id: string): StoredModel | undefined {
  return (stored as Readonly<Record<string, StoredModel>>)[id];
}

function unpacked(meanText: string, factorText: string): GaussianFit {
  const mean = floats(meanText);
  const triangle = floats(factorText);
  const size = mean.length;
  const factor = new Float32Array(size * size);
  for (let i = 0, at = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) factor[i * size + j] = triangle[at++]!;
  }
  return { mean, factor };
}

function floats(text: string): Float32Array {
  return new Float32Array(fromBase64Url(text).slice().buffer);
}
