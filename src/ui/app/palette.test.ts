import { describe, expect, it } from "vitest";
import { testBench } from "../../testing/testBench.ts";
import { KEYMAP } from "../context/keymap.ts";
import { fuzzyFind, fuzzyScore } from "./fuzzy.ts";
import { paletteActions } from "./paletteActions.ts";

describe("the command palette", () => {
  it("names every command of the keymap that means something here, and each name once", () => {
    const { stores } = testBench();
    stores.view.getState().set({ layout: "film" });
    const actions = paletteActions(stores, []);
    const labels = actions.map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
    for (const [command, { does }] of Object.entries(KEYMAP)) {
      if (command !== "palette") expect(labels).toContain(does);
    }
  });

  it("does what it says", () => {
    const { stores } = testBench();
    const run = (label: string) => fuzzyFind(paletteActions(stores, []), label)[0]!.run();
    run("add fgsm");
    expect(stores.experiment.getState().spec.stack.at(-1)).toMatchObject({ attack: "fgsm" });
    run("undo");
    expect(stores.experiment.getState().spec.stack).toHaveLength(2);
    run("case pacemaker");
    expect(stores.experiment.getState().spec.case).toMatchObject({ phantom: { seed: 78 } });
    run("weights int4");
    expect(stores.experiment.getState().spec.model.precision).toBe("int4");
    run("figure");
    expect(stores.view.getState().dialog).toBe("export");
  });

  it("adds no disturbance to a full stack", () => {
    const { stores } = testBench();
    for (let k = 0; k < 40; k++) {
      const add = paletteActions(stores, []).find(({ id }) => id === "attack.fgsm");
      add?.run();
    }
    expect(paletteActions(stores, []).some(({ id }) => id === "attack.fgsm")).toBe(false);
  });

  it.each([
    ["Add attack: PGD", "apgd"],
    ["Layout: one viewer", "lone"],
    ["Turn left", "tl"],
  ])("finds %s by %s", (label, query) => {
    expect(fuzzyScore(label, query)).toBeDefined();
  });

  it("puts words as they were typed before scattered letters, and finds nothing for what is not there", () => {
    const items = ["Pan left", "Open the case: Pacemaker"].map((label) => ({ label }));
    expect(fuzzyFind(items, "pace")[0]!.label).toContain("Pacemaker");
    expect(fuzzyFind(items, "xyz")).toEqual([]);
  });
});
