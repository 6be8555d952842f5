/** What a run needs from outside: models, radiographs, a clock, a way to stop. Nothing here is a DOM or a runtime. */
import type { Host } from "../host/host.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { LinkPackage } from "../model/linkManifest.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import type { System } from "../system/system.ts";
import type { CertifiedFeature, ExperimentSpec } from "./spec.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { StageCache } from "./stageCache.ts";

export type EmbedImages = (images: readonly Float32Array[]) => Promise<Float32Array[]>;

/** Noisy copies of a picture, as sampleCertificate draws them. */
export interface NoisyCopies {
  readonly of: Float32Array;
  readonly sigma: number;
  readonly seed: number;
  /** Index of the first. */
  readonly from: number;
  readonly count: number;
}

/** The same on another core; features of noisy copies follow, and their noise is made there too. */
export type EmbedElsewhere = (
  images: readonly Float32Array[],
  copies?: NoisyCopies,
) => Promise<Float32Array[]>;

/** What is opened, and which of its features are wanted (absent: the embedding). */
export interface EmbedSubject extends Pick<ExperimentSpec, "model" | "defenses"> {
  readonly feature?: CertifiedFeature | undefined;
}

/** The features of a system on another core, where one is free to help and gives the same digits. */
export interface Elsewhere {
  /** Undefined while there is none; then the system is opened there, and nobody waits. */
  now(subject: EmbedSubject): EmbedElsewhere | undefined;
  /** Once it is opened there; undefined where it can't be had. */
  soon(subject: EmbedSubject): Promise<EmbedElsewhere | undefined>;
}

export interface LabContext extends Host {
  /** The bare model of that id and precision. @throws LabError "model-not-found" */
  system(id: string, precision: Precision): Promise<System>;
  /** The description of a model, which need not be opened for it. @throws LabError "model-not-found" */
  manifest?(id: string): Promise<ModelManifest>;
  /** A reader's own radiograph by its pixel hash, if it is open here. */
  radiograph(sha256: string): Radiograph | undefined;
  readonly elsewhere?: Elsewhere;
  /** Graphs of the lab that can be linked to a model. @throws LabError "model-not-found" */
  linkPackage?(id: string): Promise<LinkPackage>;
  readonly cache: StageCache;
  /**
   * Keeps what a stage computes on its way and no result holds (noisy features, votes), for a reader who recomputes a figure.
   * Absent where nobody asked for it.
   */
  record?(name: string, tensor: Tensor): void;
  /** False where nobody looks before the end: then no stage works out what it has so far, and none gives way to others. */
  readonly isWatched?: boolean;
}
