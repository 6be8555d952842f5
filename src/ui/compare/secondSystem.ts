/** Runs an experiment by a second system, on an engine of its own beside the bench's: one thread of WASM. */
import { fromErrorData } from "../../errors/labError.ts";
import type { EngineEvent } from "../../engine/protocol.ts";
import type { StageResults } from "../../experiment/results.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import type { LaneEngine, LanePort } from "../../state/studyStore.ts";

export interface SecondSystem {
  add(film: Radiograph): void;
  /** What a run says at its end. @throws LabError as any run */
  run(spec: ExperimentSpec, onProgress?: (label: string) => void): Promise<Partial<StageResults>>;
  end(): void;
}

export function startSecondSystem(
  engine: LanePort,
  radiographs: readonly Radiograph[],
): SecondSystem {
  let hear: (event: EngineEvent) => void = () => {};
  const client: LaneEngine = engine.background({ onEvent: (event) => hear(event) });
  client.start("wasm");
  for (const radiograph of radiographs) client.addRadiograph(radiograph);
  return {
    add: (film) => client.addRadiograph(film),
    run: (spec, onProgress) =>
      new Promise((resolve, reject) => {
        let results: Partial<StageResults> = {};
        let id: number | undefined;
        hear = (event) => {
          if (event.type === "loading") onProgress?.(`loading ${event.file}`);
          if (event.type === "failed" && (event.requestId === id || event.requestId === null)) {
            reject(fromErrorData(event.error));
          }
          if (event.type === "done" && event.requestId === id) resolve(results);
          if (event.type !== "run" || event.requestId !== id) return;
          if (event.event.type === "progress") onProgress?.(event.event.label);
          else results = { ...results, [event.event.stage]: event.event.payload };
        };
        id = client.submit(spec, "full");
      }),
    end: () => client.dispose(),
  };
}
