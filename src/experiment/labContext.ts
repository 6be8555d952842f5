/** What a run needs from outside: models, radiographs, a clock, a way to stop. Nothing here is a DOM or a runtime. */
import type { Radiograph } from "../image/radiograph.ts";
import type { Precision } from "../model/manifest.ts";
import type { System } from "../system/system.ts";
import type { StageCache } from "./stageCache.ts";

export interface LabContext {
  /** The bare model of that id and precision. @throws LabError "model-not-found" */
  system(id: string, precision: Precision): Promise<System>;
  /** A reader's own radiograph by its pixel hash, if it is open here. */
  radiograph(sha256: string): Radiograph | undefined;
  readonly cache: StageCache;
  readonly signal: { readonly aborted: boolean };
  /** Lets messages in; awaited between steps. */
  yieldToHost(): Promise<void>;
}
