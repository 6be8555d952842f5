/**
 * The one joint between the stores and the engine: spec edits go down, at most one per animation frame and newest first;
 * events come up, applied in batches once per frame so that a burst costs one render. The first of either after a frame with
 * nothing to do waits for none: a tick of a slider and its answer would each lose half a frame. During a drag the next preview
 * waits for the first look of the one that runs: a hand moves faster than any model answers, and previews that only ever
 * replace each other would show nothing. Its refinement is not waited for.
 */
import type { BackendWish, EngineEvent } from "../engine/protocol.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { ExperimentStore } from "./experimentStore.ts";
import type { ResultState, ResultStore } from "./resultStore.ts";

/** What the joint needs of the engine client. */
export interface EnginePort {
  start(wish: BackendWish): void;
  submit(spec: ExperimentSpec, fidelity: Fidelity): number;
  cancel(): void;
  addRadiograph(radiograph: Radiograph): void;
  forgetRadiograph(sha256: string): void;
  restart(wish?: BackendWish): void;
}

export interface FrameClock {
  /** Calls back after the next frame. */
  request(callback: () => void): void;
  /** Calls back as soon as this task is over. */
  soon(callback: () => void): void;
  /** Calls back after `ms`. */
  wait(ms: number, callback: () => void): void;
}

/**
 * Steps of a running attack are shown at most this often: each costs a render and three pictures, and at ten a second the
 * page, not the model, would be what a small machine computes. No step of the trace is lost, it comes in the next batch.
 */
const PROGRESS_INTERVAL_MS = 200;

export interface EngineLink {
  /** Give this to the engine client as its event handler. */
  onEvent(event: EngineEvent): void;
  /** Submits the open experiment again: after a cancelled run, or when a missing file has been opened. */
  rerun(): void;
  /** A fresh engine, on the backend given or as before, and the open experiment asked again. */
  restart(wish?: BackendWish): void;
  /** Ends the running request; nothing comes back from it. */
  cancel(): void;
  /** Subscribes to the experiment, submits the current spec and returns the way to disconnect. */
  connect(engine: EnginePort): () => void;
}

/** Spec and gesture of the last submission: a release after a drag refines even where no value changed since. */
interface Sent {
  readonly spec: ExperimentSpec;
  readonly fidelity: Fidelity;
}

export function createEngineLink(
  stores: { readonly experiment: ExperimentStore; readonly results: ResultStore },
  clock: FrameClock,
): EngineLink {
  const { experiment, results } = stores;
  let queue: EngineEvent[] = [];
  let isAsked = false;
  /** Nothing was done since the last frame. */
  let isIdle = true;
  let isResting = false;
  let isSubmitDue = false;
  let engine: EnginePort | null = null;
  let sent: Sent | null = null;
  /** An edit waits for the running preview. */
  let isHeld = false;

  const onFrame = () => {
    isAsked = false;
    isIdle = false;
    clock.request(() => {
      isIdle = !isAsked;
    });
    if (queue.length > 0) {
      if (queue.some(isProgress)) rest();
      const events = queue;
      queue = [];
      results.getState().applyAll(newestLoading(events));
      if (isHeld && hasLooked(results.getState())) {
        isHeld = false;
        isSubmitDue = true;
      }
    }
    if (isSubmitDue && engine) {
      isSubmitDue = false;
      submit(engine);
    }
  };
  const rest = () => {
    if (isResting) return;
    isResting = true;
    clock.wait(PROGRESS_INTERVAL_MS, () => {
      isResting = false;
      if (queue.length > 0) askFrame();
    });
  };
  const askFrame = () => {
    if (isAsked) return;
    isAsked = true;
    if (isIdle) clock.soon(onFrame);
    else clock.request(onFrame);
  };
  const submit = (port: EnginePort) => {
    const { spec, gesture } = experiment.getState();
    const fidelity: Fidelity = gesture ? "preview" : "full";
    // Pressing a slider without moving it asks for nothing.
    if (sent?.spec === spec && (sent.fidelity === "full" || fidelity === "preview")) return;
    if (fidelity === "preview" && sent?.fidelity === "preview" && !hasLooked(results.getState())) {
      isHeld = true;
      return;
    }
    sent = { spec, fidelity };
    results.getState().submitted(port.submit(spec, fidelity), fidelity, spec);
  };

  const rerun = () => {
    sent = null;
    isSubmitDue = true;
    askFrame();
  };

  return {
    onEvent: (event) => {
      queue.push(event);
      if (!(isResting && isProgress(event))) askFrame();
    },
    rerun,
    restart: (wish) => {
      engine?.restart(wish);
      rerun();
    },
    cancel: () => {
      engine?.cancel();
      results.getState().stopped();
    },
    connect: (port) => {
      engine = port;
      const unsubscribe = experiment.subscribe((state, previous) => {
        if (state.spec === previous.spec && state.gesture === previous.gesture) return;
        isSubmitDue = true;
        askFrame();
      });
      isSubmitDue = true;
      askFrame();
      return () => {
        unsubscribe();
        engine = null;
      };
    },
  };
}

/** Whether the newest request has shown answers and numbers, be it a draft's, or is over. */
function hasLooked({ busy, stages, requestId }: ResultState): boolean {
  return !busy || stages.metrics?.requestId === requestId;
}

function isProgress(event: EngineEvent): boolean {
  return event.type === "run" && event.event.type === "progress";
}

/** Of several download reports for one file in a frame only the last matters. */
function newestLoading(events: readonly EngineEvent[]): readonly EngineEvent[] {
  const last = new Map<string, EngineEvent>();
  for (const event of events) if (event.type === "loading") last.set(event.file, event);
  return events.filter((event) => event.type !== "loading" || last.get(event.file) === event);
}
