import { describe, expect, it } from "vitest";
import type { BackendInfo, EngineEvent } from "../engine/protocol.ts";
import type { CertificateResult, InputResult } from "../experiment/results.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { GradientCheck } from "../model/visionLanguageModel.ts";
import { createResultStore, currentBackend, isStale } from "./resultStore.ts";

const input = (statement: string): InputResult => ({
  size: 2,
  image: new Float32Array(4),
  statement,
  notices: [],
});

const inputEvent = (requestId: number, statement: string): EngineEvent => ({
  type: "run",
  requestId,
  event: {
    type: "stage",
    stage: "input",
    key: statement,
    partial: false,
    cached: false,
    payload: input(statement),
  },
});

const step = (requestId: number, index: number, loss: number): EngineEvent => ({
  type: "run",
  requestId,
  event: {
    type: "progress",
    stage: "disturbed",
    done: index,
    total: 3,
    label: "PGD step",
    attack: {
      itemId: "pgd-1",
      step: index,
      lossName: "margin against clean",
      lossUnit: "logits",
      loss,
      bestLoss: loss,
      image: new Float32Array(4),
    },
  },
});

const specOf = (id: string, precision: "int8" | "fp16" = "int8"): ExperimentSpec => ({
  ...defaultSpec(),
  model: { id, precision },
});

const checked = (requestId: number): EngineEvent => ({
  type: "run",
  requestId,
  event: {
    type: "stage",
    stage: "gradientCheck",
    key: "check",
    partial: false,
    cached: false,
    payload: { ok: true } as GradientCheck,
  },
});

const ready = (modelId: string): EngineEvent => ({
  type: "ready",
  info: { modelId, precision: "int8", backend: "wasm" } as BackendInfo,
});

describe("results and the model they are about", () => {
  it("keep nothing of a model once another is asked, but the film", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", specOf("base"));
    store.getState().applyAll([ready("base"), inputEvent(1, "film"), checked(1)]);
    store.getState().submitted(2, "full", specOf("own-1"));
    expect(Object.keys(store.getState().stages)).toEqual(["input"]);
  });

  it("keep nothing of other weights of the same model either", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", specOf("base"));
    store.getState().apply(checked(1));
    store.getState().submitted(2, "full", specOf("base", "fp16"));
    expect(store.getState().stages.gradientCheck).toBeUndefined();
  });

  it("keep nothing that was said of another film, and what is known of the model", () => {
    const film = (sha256: string, frame?: number) => ({
      ...defaultSpec(),
      case: { kind: "file" as const, sha256, ...(frame ? { frame } : {}) },
    });
    const filled = (spec: ExperimentSpec) => {
      const store = createResultStore();
      store.getState().submitted(1, "full", spec);
      const entry = { requestId: 1, spec, payload: {}, key: "k", partial: false, cached: false };
      const stages = { input: entry, clean: entry, readout: entry, graphs: entry };
      store.setState({ stages: stages as never });
      return store;
    };
    const after = (before: ExperimentSpec, next: ExperimentSpec) => {
      const store = filled(before);
      store.getState().submitted(2, "full", next);
      return Object.keys(store.getState().stages);
    };
    expect(after(defaultSpec(), film("a"))).toEqual(["input", "graphs"]);
    expect(after(film("a"), film("b"))).toEqual(["input", "graphs"]);
    expect(after(film("a"), defaultSpec())).toEqual(["input", "graphs"]);
    // Another part of the same film, or another slider of a phantom, dims what it makes old.
    expect(after(film("a"), film("a", 2))).toHaveLength(4);
    expect(after(defaultSpec(), { ...defaultSpec(), question: "x" })).toHaveLength(4);
  });

  it("keep what is known of the same model when only a setting changes", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", specOf("base"));
    store.getState().apply(checked(1));
    store.getState().submitted(2, "full", { ...specOf("base"), question: "Is it normal?" });
    expect(store.getState().stages.gradientCheck?.payload.ok).toBe(true);
  });

  it("name the running backend only once it runs the model that is asked", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", specOf("base"));
    store.getState().apply(ready("base"));
    expect(currentBackend(store.getState())?.modelId).toBe("base");
    store.getState().submitted(2, "full", specOf("own-1"));
    expect(currentBackend(store.getState())).toBeNull();
    store.getState().apply(ready("own-1"));
    expect(currentBackend(store.getState())?.modelId).toBe("own-1");
    // Back before the other was ready: the engine says nothing anew, and need not.
    store.getState().submitted(3, "full", specOf("base"));
    store.getState().submitted(4, "full", specOf("own-1"));
    expect(currentBackend(store.getState())?.modelId).toBe("own-1");
  });
});

describe("results of runs", () => {
  it("drops events of older requests", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    store.getState().submitted(2, "full", defaultSpec());
    store.getState().applyAll([inputEvent(2, "new"), inputEvent(1, "old")]);
    expect(store.getState().stages.input?.payload.statement).toBe("new");
  });

  it("calls a result stale from the next request until its own arrives", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    store.getState().apply(inputEvent(1, "first"));
    expect(isStale(store.getState(), "input")).toBe(false);
    store.getState().submitted(2, "preview", defaultSpec());
    expect(isStale(store.getState(), "input")).toBe(true);
    expect(store.getState().stages.input?.payload.statement).toBe("first");
    store.getState().apply(inputEvent(2, "second"));
    expect(isStale(store.getState(), "input")).toBe(false);
  });

  it("grows the trace of a running attack and clears it with the next request", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    store.getState().applyAll([step(1, 0, -2), step(1, 1, -1), step(1, 2, 0.5)]);
    expect(store.getState().liveTrace?.loss).toEqual([-2, -1, 0.5]);
    store.getState().submitted(2, "full", defaultSpec());
    expect(store.getState().liveTrace).toBeNull();
  });

  it("shows a failure of the newest request, keeps the results, and says nothing about old ones", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    store.getState().apply(inputEvent(1, "kept"));
    store.getState().submitted(2, "full", defaultSpec());
    const error = { code: "file-damaged", message: "Cut off." } as const;
    store.getState().apply({ type: "failed", requestId: 1, error });
    expect(store.getState().error).toBeNull();
    store.getState().apply({ type: "failed", requestId: 2, error });
    expect(store.getState().error).toEqual(error);
    expect(store.getState().busy).toBe(false);
    expect(store.getState().stages.input?.payload.statement).toBe("kept");
  });

  it("takes a finished certificate again with another disturbance's place on it", () => {
    const store = createResultStore();
    const certificate = (requestId: number, stackL2: number): EngineEvent => ({
      type: "run",
      requestId,
      event: {
        type: "stage",
        stage: "certificate",
        key: "same samples",
        partial: false,
        cached: true,
        payload: { stackL2 } as CertificateResult,
      },
    });
    store.getState().submitted(1, "full", defaultSpec());
    store.getState().apply(certificate(1, 0));
    store.getState().submitted(2, "full", defaultSpec());
    store.getState().apply(certificate(2, 1.572));
    expect(store.getState().stages.certificate?.payload.stackL2).toBe(1.572);
  });

  it("hears nothing more of an attack that was stopped", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    store.getState().stopped();
    store.getState().apply(step(1, 3, 1));
    expect(store.getState().liveTrace).toBeNull();
    expect(store.getState().progress).toBeNull();
  });

  it("leaves a refused file standing while results of a run under way arrive", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    const refused = { code: "file-truncated", message: "The image data is cut off." } as const;
    store.getState().refuse(refused);
    store.getState().apply(inputEvent(1, "arrived"));
    expect(store.getState().refusal).toEqual(refused);
    store.getState().dismissRefusal();
    expect(store.getState().refusal).toBeNull();
  });

  it("is idle as soon as the reader stops a run, and says so until the next", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    store.getState().stopped();
    expect(store.getState()).toMatchObject({ busy: false, cancelled: true });
    store.getState().submitted(2, "full", defaultSpec());
    expect(store.getState()).toMatchObject({ busy: true, cancelled: false });
  });

  it("takes a cancelled run as stopped, not as an error", () => {
    const store = createResultStore();
    store.getState().submitted(1, "full", defaultSpec());
    store
      .getState()
      .apply({ type: "failed", requestId: 1, error: { code: "cancelled", message: "Stopped." } });
    expect(store.getState()).toMatchObject({ error: null, busy: false, cancelled: true });
  });
});
