/** The lab that runs in a worker or in Node: loaded models, known radiographs, and a cache of stages. */
import { LabError } from "../errors/labError.ts";
import type { Host } from "../host/host.ts";
import type { CancelSignal } from "../host/newestWins.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { certifiedSide } from "../experiment/certify.ts";
import type { EmbedSubject, LabContext } from "../experiment/labContext.ts";
import { runExperiment } from "../experiment/run.ts";
import { systemOf } from "../experiment/systemOf.ts";
import type { RunEvent } from "../experiment/results.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import { StageCache } from "../experiment/stageCache.ts";
import type { LinkPackage } from "../model/linkManifest.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import type { Look, VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { modelSystem } from "../system/modelSystem.ts";
import type { System } from "../system/system.ts";

/**
 * Models hold their weights, and the graphs of their gradients, in the runtime's memory: the one on the bench, the one before it,
 * and the one whose guarantee stands beside it.
 */
const MODELS_KEPT = 3;

export interface LabHost extends Pick<Host, "yieldToHost"> {
  /** Models that stay open, MODELS_KEPT where it says nothing. */
  readonly modelsKept?: number;
  /** Opens a model package. @throws LabError "model-not-found" */
  openModel(id: string, precision: Precision): Promise<VisionLanguageModel>;
  /** Reads a package's description. @throws LabError "model-not-found" */
  readManifest?(id: string): Promise<ModelManifest>;
  /** Opens a package of graphs to link. @throws LabError "model-not-found" */
  openLinkPackage?(id: string): Promise<LinkPackage>;
  /** See LabContext. */
  elsewhere?: LabContext["elsewhere"];
}

export interface RunOptions {
  /** See LabContext. */
  readonly record?: LabContext["record"];
  /** With maps unless said otherwise. */
  readonly look?: Look;
  /** See LabContext. */
  readonly isWatched?: boolean;
}

export class Lab {
  readonly #host: LabHost;
  readonly #cache = new StageCache();
  readonly #models = new Map<string, Promise<VisionLanguageModel>>();
  readonly #systems = new WeakMap<VisionLanguageModel, { maps?: System; noMaps?: System }>();
  readonly #radiographs = new Map<string, Radiograph>();
  /** Models of the request under way: an ensemble needs more at once than are kept. */
  readonly #inUse = new Set<string>();
  readonly #linkPackages = new Map<string, Promise<LinkPackage>>();
  readonly #manifests = new Map<string, Promise<ModelManifest>>();

  constructor(host: LabHost) {
    this.#host = host;
  }

  /** Makes a reader's radiograph known under its pixel hash. */
  addRadiograph(radiograph: Radiograph): void {
    this.#radiographs.set(radiograph.rawSha256, radiograph);
  }

  /** What was made of it stays cached; a run about it that needs its pixels again asks for the file. */
  forgetRadiograph(sha256: string): void {
    this.#radiographs.delete(sha256);
  }

  /**
   * The model, kept open with those used before it, so that going back and forth loads nothing. Requests run one at a
   * time, so none is computing with the model that is let go.
   */
  model(id: string, precision: Precision): Promise<VisionLanguageModel> {
    const key = `${id} ${precision}`;
    const opened = this.#models.get(key) ?? this.#host.openModel(id, precision);
    // Moved to the end: the first is the one longest unused.
    this.#models.delete(key);
    this.#models.set(key, opened);
    opened.catch(() => {
      if (this.#models.get(key) === opened) this.#models.delete(key);
    });
    for (const [oldest, model] of this.#models) {
      if (this.#models.size <= (this.#host.modelsKept ?? MODELS_KEPT)) break;
      if (this.#inUse.has(oldest)) continue;
      this.#models.delete(oldest);
      model.then((m) => m.release()).catch(() => {});
    }
    return opened;
  }

  /** The bare model as what is under test. The same model is the same system, which remembers what it has looked at. */
  async system(id: string, precision: Precision, look: Look = { maps: true }): Promise<System> {
    const model = await this.model(id, precision);
    const known = this.#systems.get(model) ?? {};
    this.#systems.set(model, known);
    return (known[look.maps ? "maps" : "noMaps"] ??= modelSystem(
      id,
      model,
      () => this.#host.yieldToHost(),
      look,
    ));
  }

  /** A model that the request under way goes on using. */
  #used(id: string, precision: Precision, look?: Look): Promise<System> {
    this.#inUse.add(`${id} ${precision}`);
    return this.system(id, precision, look);
  }

  /** Graphs to link to a model, read once. @throws LabError "model-not-found" */
  linkPackage(id: string): Promise<LinkPackage> {
    const { openLinkPackage } = this.#host;
    if (!openLinkPackage) {
      throw new LabError("model-not-found", `This lab has no graphs "${id}" to link to a model.`);
    }
    const opened = this.#linkPackages.get(id) ?? openLinkPackage(id);
    this.#linkPackages.set(id, opened);
    opened.catch(() => this.#linkPackages.delete(id));
    return opened;
  }

  /** The description of a model, read once. @throws LabError "model-not-found" */
  manifest(id: string): Promise<ModelManifest> {
    const { readManifest } = this.#host;
    if (!readManifest) throw new LabError("model-not-found", `This lab has no model "${id}".`);
    const read = this.#manifests.get(id) ?? readManifest(id);
    this.#manifests.set(id, read);
    read.catch(() => this.#manifests.delete(id));
    return read;
  }

  /** Features of a batch by the system of an experiment: what one engine asks of another. */
  async embed(
    { model, defenses, feature }: EmbedSubject,
    images: readonly Float32Array[],
  ): Promise<Float32Array[]> {
    const bare = await this.#used(model.id, model.precision);
    const host = {
      yieldToHost: () => this.#host.yieldToHost(),
      linkPackage: (id: string) => this.linkPackage(id),
      system: (id: string, precision: Precision) => this.#used(id, precision),
    };
    try {
      return await certifiedSide(await systemOf(bare, defenses, host), feature).embed(images);
    } finally {
      this.#inUse.clear();
    }
  }

  async *run(
    spec: ExperimentSpec,
    fidelity: Fidelity,
    signal: CancelSignal,
    { record, look, isWatched = true }: RunOptions = {},
  ): AsyncGenerator<RunEvent, void> {
    try {
      yield* runExperiment(spec, fidelity, {
        system: (id, precision) => this.#used(id, precision, look),
        ...(this.#host.elsewhere ? { elsewhere: this.#host.elsewhere } : {}),
        linkPackage: (id) => this.linkPackage(id),
        manifest: (id) => this.manifest(id),
        radiograph: (sha256) => this.#radiographs.get(sha256),
        cache: this.#cache,
        signal,
        ...(record ? { record } : {}),
        isWatched,
        yieldToHost: () => this.#host.yieldToHost(),
      });
    } finally {
      this.#inUse.clear();
    }
  }
}
