/**
 * The page's side of the engine: owns the worker, numbers requests, and watches over it. A worker that says nothing for
 * too long hangs inside the runtime (a lost GPU device, a driver stall) and can't be asked to stop: it is ended and
 * started again, on WASM if it was on WebGPU.
 */
import { toErrorData } from "../errors/labError.ts";
import type { LabErrorData } from "../errors/labError.ts";
import { isUnfetched, partMissing } from "../host/loadPart.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { ModelManifest } from "../model/manifest.ts";
import type { BackendName, EngineCommand, EngineEvent, OwnModelFiles } from "./protocol.ts";

export interface EngineClient {
  /** Loads runtime and model; events tell progress. */
  start(backend: BackendName | "auto"): void;
  /** Newest wins. Returns the request's number, which its events carry. */
  submit(spec: ExperimentSpec, fidelity: Fidelity): number;
  cancel(): void;
  /** Makes a reader's own radiograph known to the engine, now and after every restart. */
  addRadiograph(radiograph: Radiograph): void;
  /** Asks what the lab makes of a reader's ONNX file; a "proposal" event with its number answers. */
  proposeModel(draft: number, files: OwnModelFiles): void;
  /** Makes a reader's model known to the engine, now and after every restart. */
  addModel(manifest: ModelManifest, files: OwnModelFiles): void;
  /** Ends the worker and starts a fresh one. */
  restart(backend?: BackendName | "auto"): void;
  dispose(): void;
}

/** Longest silence of a busy worker: one run of a slow graph under a software GPU stays below it. */
const SILENCE_LIMIT_MS = 45_000;
/**
 * Longest silence before the model is ready: compiling 27 MB of runtime and optimising graphs happen without a word, and
 * restarting a machine that is merely slow would make it start over, slower still.
 */
const LOADING_SILENCE_LIMIT_MS = 240_000;
const WATCH_INTERVAL_MS = 2_000;

export function createEngineClient(handlers: { onEvent(event: EngineEvent): void }): EngineClient {
  let worker: Worker | undefined;
  let backend: BackendName | "auto" = "auto";
  let requestId = 0;
  let lastHeard = 0;
  let waiting = false;
  let ready = false;
  let latest: EngineCommand | undefined;
  const radiographs = new Map<string, Radiograph>();
  const models = new Map<string, Extract<EngineCommand, { type: "addModel" }>>();

  const send = (command: EngineCommand) => worker?.postMessage(command);

  const spawn = () => {
    const current = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "penumbra-engine",
    });
    worker = current;
    lastHeard = performance.now();
    waiting = true;
    ready = false;
    current.onmessage = ({ data }: MessageEvent<EngineEvent>) => {
      lastHeard = performance.now();
      if (data.type === "heartbeat") {
        waiting = data.busy;
        return;
      }
      if (data.type === "ready") ready = true;
      handlers.onEvent(data);
      if (data.type === "failed" && data.error.code === "backend-lost") recover(data.error.message);
    };
    current.onerror = (event) => {
      // Starting again would ask for the same missing file.
      if (isUnfetched(event)) giveUp(toErrorData(partMissing()));
      else recover(event.message);
    };
    send({ type: "start", assetsUrl: new URL("./", document.baseURI).href, backend });
    for (const radiograph of radiographs.values()) send({ type: "addRadiograph", radiograph });
    for (const model of models.values()) send(model);
  };

  const giveUp = (error: LabErrorData) => {
    worker?.terminate();
    worker = undefined;
    handlers.onEvent({ type: "failed", requestId: null, error });
  };

  let recoveries = 0;
  const recover = (reason: string) => {
    worker?.terminate();
    worker = undefined;
    recoveries++;
    if (recoveries > 3) {
      giveUp({
        code: "backend-lost",
        message: `The engine stopped ${recoveries} times and was not started again: ${reason}`,
        hint: "Reload the page. If it repeats, choose WASM in the backend menu.",
      });
      return;
    }
    if (backend !== "wasm") backend = "wasm";
    handlers.onEvent({ type: "phase", label: "The engine stopped and is starting again on WASM." });
    spawn();
    if (latest) send(latest);
  };

  const watch = setInterval(() => {
    if (!worker || !waiting) return;
    const limit = ready ? SILENCE_LIMIT_MS : LOADING_SILENCE_LIMIT_MS;
    if (performance.now() - lastHeard > limit)
      recover(`it said nothing for ${limit / 1000} seconds`);
  }, WATCH_INTERVAL_MS);

  return {
    start(choice) {
      backend = choice;
      worker?.terminate();
      spawn();
    },
    submit(spec, fidelity) {
      requestId++;
      latest = { type: "submit", requestId, spec, fidelity };
      waiting = true;
      lastHeard = Math.max(lastHeard, performance.now());
      send(latest);
      return requestId;
    },
    cancel() {
      latest = undefined;
      send({ type: "cancel" });
    },
    addRadiograph(radiograph) {
      if (radiograph.rawSha256) radiographs.set(radiograph.rawSha256, radiograph);
      send({ type: "addRadiograph", radiograph });
    },
    proposeModel(draft, files) {
      send({ type: "proposeModel", draft, files });
    },
    addModel(manifest, files) {
      const command = { type: "addModel", manifest, files } as const;
      models.set(manifest.id, command);
      send(command);
    },
    restart(choice) {
      if (choice) backend = choice;
      recoveries = 0;
      worker?.terminate();
      spawn();
      if (latest) send(latest);
    },
    dispose() {
      clearInterval(watch);
      worker?.terminate();
      worker = undefined;
    },
  };
}
