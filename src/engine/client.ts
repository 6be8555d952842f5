/**
 * The page's side of the engine: owns the worker, numbers requests, and watches over it. A worker that hangs or loses its
 * device is ended and started again, without WebGPU.
 */
import { LabError, toErrorData } from "../errors/labError.ts";
import type { LabErrorData } from "../errors/labError.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import { isUnfetched, partMissing } from "../host/loadPart.ts";
import { callback, linkWorker } from "../host/workers.ts";
import type { WorkerLink } from "../host/workers.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { ModelManifest } from "../model/manifest.ts";
import type { Look } from "../model/visionLanguageModel.ts";
import { HeldPayloads } from "./payloads.ts";
import type {
  BackendWish,
  EngineEvent,
  EngineService,
  FolderCorrection,
  FolderProposal,
  FormAgreement,
  FormRequest,
  OwnFolderFiles,
  OwnModelFiles,
  OwnModelProposal,
  WorkerEvent,
} from "./protocol.ts";
import { Watchdog } from "./watchdog.ts";

export interface EngineClient {
  /** Loads runtime and model; events tell progress. */
  start(wish: BackendWish): void;
  /** Newest wins. Returns the request's number, which its events carry. */
  submit(spec: ExperimentSpec, fidelity: Fidelity, look?: Look): number;
  cancel(): void;
  /** Whether the engine stands still at its next step, until told otherwise; what it was asked is kept. */
  hold(isHeld: boolean): void;
  /** Makes a reader's own radiograph known to the engine, now and after every restart. */
  addRadiograph(radiograph: Radiograph): void;
  forgetRadiograph(sha256: string): void;
  /** What the lab makes of a reader's ONNX file. @throws LabError "graph-*" | "model-*" | "backend-lost" */
  proposeModel(files: OwnModelFiles): Promise<OwnModelProposal>;
  /** What the lab makes of a reader's folder of several graphs. @throws LabError "graph-*" | "model-*" | "backend-lost" */
  proposeFolder(files: OwnFolderFiles, correction: FolderCorrection): Promise<FolderProposal>;
  /** Makes a reader's model known to the engine, now and after every restart. */
  addModel(manifest: ModelManifest, files: OwnModelFiles | OwnFolderFiles): void;
  /** See EngineService. @throws LabError "backend-lost" where the engine has stopped, else as it says */
  formsOf(model: string): Promise<readonly string[]>;
  readForm(request: FormRequest): Promise<FormAgreement>;
  /** Ends the worker and starts a fresh one that knows the same files and was asked nothing; a wish replaces the last one. */
  restart(wish?: BackendWish): void;
  /** Another engine beside this one that knows the same models, for work in the background: one thread of WASM, not yet started. */
  background(handlers: { onEvent(event: EngineEvent): void }): EngineClient;
  dispose(): void;
}

interface KnownModel {
  readonly manifest: ModelManifest;
  readonly files: OwnModelFiles | OwnFolderFiles;
}

interface Request {
  readonly requestId: number;
  readonly spec: ExperimentSpec;
  readonly fidelity: Fidelity;
  readonly look?: Look;
}

type EngineLink = WorkerLink<EngineService>;

/** Deaths after which the engine is not started again. */
const MOST_RECOVERIES = 3;

export function createEngineClient(handlers: {
  onEvent(event: EngineEvent): void;
  /** True for an engine beside the reader's own: one thread of WASM. */
  readonly background?: boolean;
  /** Readers' models that it knows from the start. */
  readonly known?: ReadonlyMap<string, KnownModel>;
}): EngineClient {
  const { onEvent, background = false, known = new Map<string, KnownModel>() } = handlers;
  let link: EngineLink | undefined;
  let wish: BackendWish = "auto";
  let setback: string | undefined;
  let lastId = 0;
  let latest: Request | undefined;
  let isHeld = false;
  let recoveries = 0;
  const held = new HeldPayloads();
  const radiographs = new Map<string, Radiograph>();
  const models = new Map(known);

  /** Why there is no worker any more: what later requests are told, too. */
  let gone: LabErrorData | undefined;
  const giveUp = (error: LabErrorData) => {
    end(error.message);
    gone = error;
    onEvent({ type: "failed", requestId: null, error });
  };
  const recover = (reason: string) => {
    end(reason);
    recoveries++;
    if (recoveries > MOST_RECOVERIES) {
      const message = `The engine stopped ${recoveries} times and was not started again: ${reason}`;
      const hint = "Reload the page. If it repeats, choose WASM in the backend menu.";
      const error = { code: "backend-lost", message, hint } as const;
      giveUp(error);
      return;
    }
    setback = `WebGPU is not tried again in this visit, because the engine stopped: ${reason}`;
    spawn();
    onEvent({ type: "phase", label: "The engine stopped and is starting again on WASM." });
    if (latest) ask(latest);
  };
  const watchdog = new Watchdog((seconds) => recover(`it said nothing for ${seconds} seconds`));

  const end = (reason: string) => {
    const ended = link;
    link = undefined;
    watchdog.ended();
    ended?.end(new LabError("backend-lost", `The engine stopped: ${reason}`));
  };

  const hear = (event: WorkerEvent) => {
    watchdog.heard();
    switch (event.type) {
      case "heartbeat":
        watchdog.pulse(event.busy);
        return;
      case "run":
        // What an older request still had under way is nobody's: its payloads are not counted as held either.
        if (event.requestId === lastId) onEvent({ ...event, event: held.whole(event.event) });
        return;
      case "ready":
        watchdog.ready();
        onEvent(event);
        return;
      default:
        onEvent(event);
    }
  };

  /** Calls the worker; what fails is told, unless the worker has been given up meanwhile. */
  const call = async <T>(
    requestId: number | null,
    method: Parameters<EngineLink["ask"]>[0],
  ): Promise<T | undefined> => {
    const current = link;
    if (!current) {
      if (requestId !== null)
        onEvent({ type: "failed", requestId, error: gone ?? toErrorData(stopped()) });
      return undefined;
    }
    try {
      return (await current.ask(method)) as T;
    } catch (thrown) {
      if (link !== current) return undefined;
      const error = toErrorData(thrown);
      onEvent({ type: "failed", requestId, error });
      if (error.code === "backend-lost") recover(error.message);
      return undefined;
    }
  };

  const ask = (request: Request) => {
    watchdog.asked();
    const whole = { ...request, held: held.keys() };
    void call<{ elapsedMs: number }>(request.requestId, (s) => s.run(whole)).then((outcome) => {
      if (outcome) onEvent({ type: "done", requestId: request.requestId, ...outcome });
    });
  };

  const spawn = () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: background ? "penumbra-studies" : "penumbra-engine",
    });
    const current: EngineLink = linkWorker(worker, (crash) => {
      // Starting again would ask for the same missing file.
      if (isUnfetched(crash)) giveUp(toErrorData(partMissing()));
      else recover(crash.message ?? "");
    });
    link = current;
    gone = undefined;
    held.clear();
    watchdog.started();
    onEvent({ type: "starting", wish });
    const assetsUrl = new URL(".", document.baseURI).href;
    const settings = {
      assetsUrl,
      wish,
      ...(setback === undefined ? {} : { setback }),
      ...(background ? { threads: 1 } : {}),
    };
    const listener = callback((event: WorkerEvent) => {
      if (link === current) hear(event);
    });
    void call(null, (s) => s.start(settings, listener));
    if (isHeld) void call(null, (s) => s.hold(true));
    for (const radiograph of radiographs.values())
      void call(null, (s) => s.addRadiograph(radiograph));
    for (const { manifest, files } of models.values()) {
      void call(null, (s) => s.addModel(manifest, files));
    }
  };

  return {
    start(choice) {
      wish = choice;
      end("it was started anew");
      spawn();
    },
    submit(spec, fidelity, look) {
      lastId++;
      latest = { requestId: lastId, spec, fidelity, ...(look ? { look } : {}) };
      ask(latest);
      return lastId;
    },
    cancel() {
      latest = undefined;
      void call(null, (s) => s.cancel());
    },
    hold(wanted) {
      isHeld = wanted;
      void call(null, (s) => s.hold(wanted));
    },
    addRadiograph(radiograph) {
      radiographs.set(radiograph.rawSha256, radiograph);
      void call(null, (s) => s.addRadiograph(radiograph));
    },
    forgetRadiograph(sha256) {
      radiographs.delete(sha256);
      void call(null, (s) => s.forgetRadiograph(sha256));
    },
    async proposeModel(files) {
      if (!link) throw stopped();
      return link.ask((s) => s.proposeModel(files));
    },
    async proposeFolder(files, correction) {
      if (!link) throw stopped();
      return link.ask((s) => s.proposeFolder(files, correction));
    },
    async formsOf(model) {
      if (!link) throw stopped();
      return link.ask((s) => s.formsOf(model)) as Promise<readonly string[]>;
    },
    async readForm(request) {
      if (!link) throw stopped();
      return link.ask((s) => s.readForm(request)) as Promise<FormAgreement>;
    },
    addModel(manifest, files) {
      models.set(manifest.id, { manifest, files });
      void call(null, (s) => s.addModel(manifest, files));
    },
    restart(choice) {
      if (choice) {
        wish = choice;
        setback = undefined;
      }
      recoveries = 0;
      latest = undefined;
      end("it was started anew");
      spawn();
    },
    background: (others) => createEngineClient({ ...others, background: true, known: models }),
    dispose() {
      watchdog.dispose();
      end("the page closed it");
    },
  };
}

function stopped(): LabError {
  return new LabError("backend-lost", "The engine has stopped.", { hint: "Reload the page." });
}
