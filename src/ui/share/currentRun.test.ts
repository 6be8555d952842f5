import { expect, test } from "vitest";
import { shallow } from "zustand/shallow";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { createResultStore } from "../../state/resultStore.ts";
import type { BackendInfo } from "../../engine/protocol.ts";
import type { RunEvent } from "../../experiment/results.ts";
import type { Readout } from "../../experiment/results.ts";
import { currentNumbers } from "./currentRun.ts";

const part = (role: "vision" | "purifier", sha256: string) =>
  ({ model: "base", role, precision: null, sha256 }) as const;

/** Components watch these numbers with a shallow comparison: a value that is new at each look would draw them for ever. */
test("the numbers of one run are the same values at every look, with the graphs beside its model", () => {
  const store = createResultStore();
  const { apply, submitted } = store.getState();
  const spec = defaultSpec();
  submitted(1, "full", spec);
  const backend = { modelId: spec.model.id, precision: spec.model.precision, backend: "wasm" };
  apply({
    type: "ready",
    info: { ...backend, modelSha256: "a".repeat(64) } as BackendInfo,
  });
  const stage = (name: string, payload: object) =>
    apply({
      type: "run",
      requestId: 1,
      event: { type: "stage", stage: name, key: name, payload } as unknown as RunEvent,
    });
  const readout = { answer: { corrected: "yes", margin: 1.5 } } as Readout;
  stage("clean", readout);
  stage("readout", readout);
  stage("metrics", { featureCosine: 0.5 });
  expect(currentNumbers(store.getState())).toBeUndefined();
  stage("graphs", [part("vision", "a".repeat(64)), part("purifier", "b".repeat(64))]);
  const numbers = currentNumbers(store.getState());
  expect(numbers?.graphs).toEqual([part("purifier", "b".repeat(64))]);
  expect(shallow(numbers, currentNumbers(store.getState()))).toBe(true);
});
