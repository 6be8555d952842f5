import { describe, expect, it } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { BackendInfo } from "../engine/protocol.ts";
import type { StageResults } from "../experiment/results.ts";
import type { ExperimentSpec, Fidelity } from "../experiment/spec.ts";
import { createEngineLink } from "./connectEngine.ts";
import { createExperimentStore } from "./experimentStore.ts";
import { createResultStore } from "./resultStore.ts";

/** Frames that pass when the test says so, and an engine that writes down what it is sent. */
function bench() {
  const frames: (() => void)[] = [];
  const tasks: (() => void)[] = [];
  const experiment = createExperimentStore(defaultSpec());
  const results = createResultStore();
  let cancels = 0;
  const sent: { spec: ExperimentSpec; fidelity: Fidelity }[] = [];
  const rests: (() => void)[] = [];
  const restarts: unknown[] = [];
  const link = createEngineLink(
    { experiment, results },
    {
      request: (f) => void frames.push(f),
      soon: (f) => void tasks.push(f),
      wait: (_ms, f) => void rests.push(f),
    },
  );
  const disconnect = link.connect({
    start: () => {},
    submit: (spec, fidelity) => sent.push({ spec, fidelity }),
    cancel: () => void cancels++,
    addRadiograph: () => {},
    forgetRadiograph: () => {},
    restart: (wish) => void restarts.push(wish),
  });
  /** The task is over. */
  const turn = () => {
    for (const callback of tasks.splice(0)) callback();
  };
  const frame = () => {
    turn();
    for (const callback of frames.splice(0)) callback();
  };
  const ask = (question: string) => experiment.getState().edit((spec) => ({ ...spec, question }));
  return {
    experiment,
    results,
    sent,
    link,
    disconnect,
    turn,
    frame,
    ask,
    frames,
    rests,
    restarts,
    cancels: () => cancels,
  };
}

describe("the joint between stores and engine", () => {
  it("submits the experiment it starts with", () => {
    const { sent, frame, results } = bench();
    frame();
    expect(sent).toEqual([{ spec: defaultSpec(), fidelity: "full" }]);
    expect(results.getState().requestId).toBe(1);
  });

  it("sends only the newest of many edits within one frame", () => {
    const { sent, frame, ask } = bench();
    frame();
    for (let i = 0; i < 30; i++) ask(`question ${i}`);
    frame();
    expect(sent).toHaveLength(2);
    expect(sent[1]?.spec.question).toBe("question 29");
  });

  it("lets the first edit after a quiet frame wait for none, and those behind it for the next", () => {
    const { sent, turn, frame, ask } = bench();
    frame();
    frame();
    ask("a");
    turn();
    expect(sent.at(-1)?.spec.question).toBe("a");
    ask("b");
    turn();
    expect(sent).toHaveLength(2);
    frame();
    expect(sent.at(-1)?.spec.question).toBe("b");
  });

  it("shows the first news after a quiet frame at once", () => {
    const { link, turn, frame, results } = bench();
    frame();
    frame();
    link.onEvent({ type: "phase", label: "Preparing the model." });
    turn();
    expect(results.getState().phase).toBe("Preparing the model.");
  });

  it("previews while a pointer is down and refines on release, also where the release changes nothing", () => {
    const { sent, frame, ask, experiment } = bench();
    frame();
    experiment.getState().beginGesture();
    ask("dragging");
    frame();
    experiment.getState().endGesture();
    frame();
    expect(sent.slice(1).map(({ fidelity }) => fidelity)).toEqual(["preview", "full"]);
    expect(sent[2]?.spec).toBe(sent[1]?.spec);
  });

  it("lets a preview finish during a drag, then sends the newest value; a release does not wait", () => {
    const { sent, frame, ask, experiment, link, results } = bench();
    frame();
    experiment.getState().beginGesture();
    for (const question of ["a", "b", "c"]) {
      ask(question);
      frame();
    }
    expect(sent.slice(1).map(({ spec }) => spec.question)).toEqual(["a"]);
    link.onEvent({ type: "done", requestId: results.getState().requestId, elapsedMs: 90 });
    frame();
    expect(sent.slice(1).map(({ spec }) => spec.question)).toEqual(["a", "c"]);
    ask("d");
    experiment.getState().endGesture();
    frame();
    expect(sent.at(-1)).toMatchObject({ spec: { question: "d" }, fidelity: "full" });
  });

  it("sends nothing for a press that moves nothing", () => {
    const { sent, frame, experiment } = bench();
    frame();
    experiment.getState().beginGesture();
    frame();
    experiment.getState().endGesture();
    frame();
    expect(sent).toHaveLength(1);
  });

  it("applies a burst of events in one frame and only the last report of each download", () => {
    const { results, link, frame, frames } = bench();
    frame();
    let renders = 0;
    results.subscribe(() => renders++);
    for (let loadedBytes = 0; loadedBytes <= 100; loadedBytes += 10) {
      link.onEvent({ type: "loading", file: "a", loadedBytes, totalBytes: 100, fromCache: false });
    }
    const asked = frames.length;
    link.onEvent({
      type: "loading",
      file: "a",
      loadedBytes: 100,
      totalBytes: 100,
      fromCache: false,
    });
    expect(frames).toHaveLength(asked);
    frame();
    expect(renders).toBe(1);
    expect(results.getState().loading["a"]?.loadedBytes).toBe(100);
  });

  it("stops a run and can submit the same experiment again", () => {
    const { sent, frame, link, results, cancels } = bench();
    frame();
    link.cancel();
    expect(cancels()).toBe(1);
    expect(results.getState()).toMatchObject({ busy: false, cancelled: true });
    link.rerun();
    frame();
    expect(sent).toHaveLength(2);
    expect(sent[1]?.spec).toBe(sent[0]?.spec);
  });

  it("asks a fresh engine on another backend again and shows nothing of the one before", () => {
    const { sent, frame, link, results, restarts } = bench();
    frame();
    const info = { backend: "webgpu", modelId: "base", precision: "int8" } as BackendInfo;
    link.onEvent({ type: "ready", info });
    link.onEvent({
      type: "run",
      requestId: 1,
      event: {
        type: "stage",
        stage: "clean",
        key: "k",
        partial: false,
        cached: false,
        payload: {} as StageResults["clean"],
      },
    });
    frame();
    expect(results.getState().stages.clean).toBeDefined();
    link.restart("wasm");
    link.onEvent({ type: "starting", wish: "wasm" });
    frame();
    expect(restarts).toEqual(["wasm"]);
    expect(sent).toHaveLength(2);
    expect(results.getState()).toMatchObject({ wish: "wasm", backend: null, busy: true });
    expect(results.getState().stages.clean).toBeUndefined();
  });

  it("waits for the first look of a preview during a drag, and not for its refinement", () => {
    const { sent, frame, ask, experiment, link } = bench();
    frame();
    experiment.getState().beginGesture();
    ask("first");
    frame();
    ask("second");
    frame();
    ask("third");
    frame();
    expect(sent.map(({ spec }) => spec.question).slice(1)).toEqual(["first"]);
    const metrics = { flipped: true } as StageResults["metrics"];
    const drafted = { stage: "metrics", key: "m", partial: true, cached: false } as const;
    link.onEvent({
      type: "run",
      requestId: 2,
      event: { type: "stage", ...drafted, payload: metrics },
    });
    frame();
    expect(sent.map(({ spec }) => spec.question).slice(1)).toEqual(["first", "third"]);
  });

  it("sends nothing after it is disconnected", () => {
    const { sent, frame, ask, disconnect } = bench();
    frame();
    disconnect();
    ask("nobody listens");
    frame();
    expect(sent).toHaveLength(1);
  });

  it("shows the steps of an attack in batches and loses none of the trace", () => {
    const { link, turn, frame, frames, rests, results } = bench();
    frame();
    const step = (k: number) =>
      link.onEvent({
        type: "run",
        requestId: 1,
        event: {
          type: "progress",
          stage: "disturbed",
          done: k,
          total: 9,
          label: `step ${k}`,
          attack: {
            itemId: "pgd-1",
            lossName: "margin against clean",
            lossUnit: "logits",
            step: k,
            loss: k,
            bestLoss: k,
            image: new Float32Array(1),
          },
        },
      });
    step(1);
    frame();
    step(2);
    step(3);
    expect(frames).toHaveLength(0);
    expect(results.getState().liveTrace?.loss).toEqual([1]);
    for (const wake of rests.splice(0)) wake();
    frame();
    expect(results.getState().liveTrace?.loss).toEqual([1, 2, 3]);
    // Whatever is not a step, a failure for one, waits for nothing.
    frame();
    link.onEvent({ type: "failed", requestId: 1, error: { code: "internal", message: "No." } });
    turn();
    expect(results.getState().error?.message).toBe("No.");
  });
});
