import { describe, expect, it } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { createExperimentStore } from "./experimentStore.ts";

const ask = (question: string) => (spec: ReturnType<typeof defaultSpec>) => ({ ...spec, question });

describe("history of the experiment", () => {
  it("undoes and redoes one edit at a time", () => {
    const store = createExperimentStore(defaultSpec());
    store.getState().edit(ask("first"));
    store.getState().edit(ask("second"));
    store.getState().walk("undo");
    expect(store.getState().spec.question).toBe("first");
    store.getState().walk("undo");
    expect(store.getState().spec.question).toBe(defaultSpec().question);
    store.getState().walk("redo");
    expect(store.getState().spec.question).toBe("first");
  });

  it("makes one entry of a whole drag, however many values it passes through", () => {
    const store = createExperimentStore(defaultSpec());
    store.getState().beginGesture();
    for (let i = 0; i < 50; i++) store.getState().edit(ask(`value ${i}`));
    store.getState().endGesture();
    expect(store.temporal.getState().pastStates).toHaveLength(1);
    store.getState().walk("undo");
    expect(store.getState().spec.question).toBe(defaultSpec().question);
    store.getState().walk("redo");
    expect(store.getState().spec.question).toBe("value 49");
  });

  it("keeps two drags apart", () => {
    const store = createExperimentStore(defaultSpec());
    for (const drag of ["a", "b"]) {
      store.getState().beginGesture();
      store.getState().edit(ask(`${drag}1`));
      store.getState().edit(ask(`${drag}2`));
      store.getState().endGesture();
    }
    store.getState().walk("undo");
    expect(store.getState().spec.question).toBe("a2");
  });

  it("records nothing for a press without a change, nor for an edit that returns the same spec", () => {
    const store = createExperimentStore(defaultSpec());
    store.getState().beginGesture();
    store.getState().endGesture();
    store.getState().edit((spec) => spec);
    expect(store.temporal.getState().pastStates).toHaveLength(0);
  });

  it("forgets the history when another experiment is opened", () => {
    const store = createExperimentStore(defaultSpec());
    store.getState().edit(ask("before"));
    store.getState().open({ ...defaultSpec(), question: "from a link" });
    expect(store.temporal.getState().pastStates).toHaveLength(0);
    expect(store.getState().spec.question).toBe("from a link");
  });
});
