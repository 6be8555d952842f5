import { describe, expect, it } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { changeName } from "./changeName.ts";
import { createExperimentStore } from "./experimentStore.ts";
import { createHistory } from "./history.ts";
import { addItem, removeItem } from "./specEdits.ts";
import { createViewStore } from "./viewStore.ts";
import type { ViewValues } from "./viewStore.ts";

function bench() {
  const experiment = createExperimentStore(defaultSpec());
  const view = createViewStore();
  let press = 0;
  const history = createHistory({ experiment, view }, { stamp: () => press, nameOf: changeName });
  return {
    experiment: () => experiment.getState(),
    view: () => view.getState(),
    history: () => history.getState(),
    names: () => history.getState().past.map(({ name }) => name),
    press: () => void press++,
  };
}

const LINE: ViewValues["measures"] = {
  of: "film",
  items: [
    {
      tool: "ruler",
      points: [
        { x: 1, y: 1 },
        { x: 9, y: 1 },
      ],
    },
  ],
};

describe("the history of the bench", () => {
  it("takes back changes of experiment and view in the order they were made", () => {
    const { experiment, view, history, names, press } = bench();
    experiment().edit((spec) => ({ ...spec, question: "Is there a nodule?" }));
    press();
    view().set({ measures: LINE });
    press();
    view().set({ window: { center: 90, width: 60 } });
    press();
    experiment().edit(removeItem("pgd-1"));
    expect(names()).toEqual([
      "question",
      "measurement on the film",
      "display window",
      "remove PGD",
    ]);
    history().undo();
    expect(experiment().spec.stack).toHaveLength(2);
    history().undo();
    expect(view().window.width).toBe(255);
    expect(view().measures).toBe(LINE);
    history().undo();
    expect(view().measures.items).toEqual([]);
    expect(experiment().spec.question).toBe("Is there a nodule?");
    history().redo();
    history().redo();
    history().redo();
    expect(view().window.width).toBe(60);
    expect(experiment().spec.stack).toHaveLength(1);
  });

  it("makes no step of a gesture that ends where it began", () => {
    const { experiment, view, history, names, press } = bench();
    experiment().edit((spec) => ({ ...spec, question: "Is there a nodule?" }));
    const { spec } = experiment();
    press();
    // A slider that is dragged there and back, and a dab that a second finger takes away.
    for (const last of [{ ...spec, question: spec.question }, spec]) {
      experiment().beginGesture();
      experiment().edit(removeItem("pgd-1"));
      experiment().edit(() => last);
      experiment().endGesture();
      expect(names()).toEqual(["question"]);
    }
    expect(experiment().spec).toBe(spec);
    press();
    const { window } = view();
    view().set({ window: { center: 90, width: 60 } });
    view().set({ window: { ...window } });
    expect(names()).toEqual(["question"]);
    history().undo();
    expect(experiment().spec.question).toBe(defaultSpec().question);
    history().redo();
    expect(experiment().spec.question).toBe("Is there a nodule?");
  });

  it("makes one step of all that one drag does, and two of two drags", () => {
    const { view, history, names, press } = bench();
    for (let drag = 0; drag < 2; drag++) {
      press();
      for (let width = 100; width > 50; width -= 10) {
        view().set({ window: { center: 100 + drag, width } });
      }
    }
    expect(names()).toEqual(["display window", "display window"]);
    history().undo();
    expect(view().window).toEqual({ center: 100, width: 60 });
    history().undo();
    expect(view().window.width).toBe(255);
  });

  it("leaves zoom, layout and tools alone, and turns without moving the film", () => {
    const { view, history, names, press } = bench();
    view().set({ layout: "film", tool: "ruler", film: { ...view().film, zoom: 3 } });
    expect(names()).toEqual([]);
    press();
    view().set({ film: { ...view().film, turns: 1 } });
    view().set({ film: { ...view().film, zoom: 5 } });
    history().undo();
    expect(view().film).toMatchObject({ turns: 0, zoom: 5 });
  });

  it("forgets what could be redone with a new change, and everything when another experiment is opened", () => {
    const { experiment, view, history, press } = bench();
    view().set({ invert: true });
    history().undo();
    expect(history().future).toHaveLength(1);
    press();
    experiment().edit((spec) => ({ ...spec, question: "Is there a nodule?" }));
    expect(history().future).toHaveLength(0);
    experiment().open(defaultSpec());
    expect(history().past).toHaveLength(0);
  });

  it("names a setting by its own label, a new member by its name, and an order by what it orders", () => {
    const { experiment, names } = bench();
    const [noise, attack] = defaultSpec().stack;
    experiment().edit((spec) => ({
      ...spec,
      stack: [noise!, { ...attack!, epsilon: 5 } as never],
    }));
    experiment().edit(addItem({ ...noise!, id: "quantum-2" }));
    experiment().edit((spec) => ({ ...spec, stack: spec.stack.toReversed() }));
    experiment().edit((spec) => ({ ...spec, model: { ...spec.model, precision: "int4" } }));
    experiment().edit((spec) => ({
      ...spec,
      stack: spec.stack.map((item) => (item.id === "pgd-1" ? { ...item, enabled: false } : item)),
    }));
    experiment().edit((spec) => ({
      ...spec,
      stack: spec.stack.map((item) =>
        item.id === "pgd-1" ? { ...item, knowledge: "unaware" as const } : item,
      ),
    }));
    expect(names()).toEqual([
      "epsilon of PGD",
      "add Quantum noise (dose)",
      "order of disturbances",
      "precision",
      "switching off of PGD",
      "attacker of PGD",
    ]);
  });

  it("names the edits that were made before anybody could say how they are called", () => {
    const experiment = createExperimentStore(defaultSpec());
    let nameOf: typeof changeName = () => "";
    const history = createHistory(
      { experiment, view: createViewStore() },
      { stamp: () => 0, nameOf: (...specs) => nameOf(...specs) },
    );
    experiment.getState().edit(removeItem("pgd-1"));
    expect(history.getState().past.map(({ name }) => name)).toEqual([""]);
    nameOf = changeName;
    history.getState().nameEdits();
    expect(history.getState().past.map(({ name }) => name)).toEqual(["remove PGD"]);
  });
});
