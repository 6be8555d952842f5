/** The lab that runs in a worker or in Node: loaded models, known radiographs, and a cache of stages. */
import { LabError } from "../errors/labError.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { runExperiment } from "../experiment/run.ts";
import type { RunEvent } from "../experiment/results.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import { StageCache } from "../experiment/stageCache.ts";
import type { Precision } from "../model/manifest.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";

export interface LabHost {
  /** Opens a model package. @throws LabError "model-not-found" */
  openModel(id: string, precision: Precision): Promise<VisionLanguageModel>;
  yieldToHost(): Promise<void>;
}

export class Lab {
  readonly #host: LabHost;
  readonly #cache = new StageCache();
  readonly #models = new Map<string, Promise<VisionLanguageModel>>();
  readonly #radiographs = new Map<string, Radiograph>();

  constructor(host: LabHost) {
    this.#host = host;
  }

  /** Makes a reader's radiograph known under its pixel hash. */
  addRadiograph(radiograph: Radiograph): void {
    if (!radiograph.rawSha256) {
      throw new LabError("internal", "internal: a radiograph without a pixel hash");
    }
    this.#radiographs.set(radiograph.rawSha256, radiograph);
  }

  /** The model, opened once. */
  model(id: string, precision: Precision): Promise<VisionLanguageModel> {
    const key = `${id} ${precision}`;
    let opened = this.#models.get(key);
    if (!opened) {
      opened = this.#host.openModel(id, precision);
      this.#models.set(key, opened);
      opened.catch(() => this.#models.delete(key));
    }
    return opened;
  }

  run(
    spec: ExperimentSpec,
    fidelity: Fidelity,
    signal: { readonly aborted: boolean },
  ): AsyncGenerator<RunEvent, void> {
    return runExperiment(spec, fidelity, {
      model: (id, precision) => this.model(id, precision),
      radiograph: (sha256) => this.#radiographs.get(sha256),
      cache: this.#cache,
      signal,
      yieldToHost: () => this.#host.yieldToHost(),
    });
  }
}
