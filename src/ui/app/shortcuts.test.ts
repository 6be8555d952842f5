import { describe, expect, it } from "vitest";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import { FIT } from "../../state/viewStore.ts";
import { testBench } from "../../testing/testBench.ts";
import { toggleMaximized } from "../viewer/maximize.ts";
import { handleKey } from "./shortcuts.ts";

function bench() {
  const { stores, cancels } = testBench();
  const presets = [{ key: "4", name: "Lung", window: { center: 80, width: 100 } }];
  const press = (key: string, held: { ctrl?: boolean; shift?: boolean } = {}) =>
    handleKey({ key, ctrl: held.ctrl ?? false, shift: held.shift ?? false }, stores, presets);
  return { stores, press, cancels };
}

describe("keys of the bench", () => {
  it("inverts, windows, zooms and resets", () => {
    const { stores, press } = bench();
    press("i");
    press("4");
    press("+");
    expect(stores.view.getState()).toMatchObject({
      invert: true,
      window: { center: 80, width: 100 },
    });
    expect(stores.view.getState().camera.zoom).toBeCloseTo(1.25);
    press(" ");
    expect(stores.view.getState()).toMatchObject({ invert: false, camera: FIT });
  });

  it("sizes the brush within its range", () => {
    const { stores, press } = bench();
    const before = stores.view.getState().brush.radius;
    press("]");
    expect(stores.view.getState().brush.radius).toBeGreaterThan(before);
    for (let i = 0; i < 200; i++) press("[");
    expect(stores.view.getState().brush.radius).toBeCloseTo(0.005);
  });

  it("undoes and redoes with the usual keys", () => {
    const { stores, press } = bench();
    stores.experiment.getState().edit((spec) => ({ ...spec, question: "changed" }));
    press("z", { ctrl: true });
    expect(stores.experiment.getState().spec.question).toBe(defaultSpec().question);
    press("Z", { ctrl: true, shift: true });
    expect(stores.experiment.getState().spec.question).toBe("changed");
  });

  it("puts the brush down before it cancels a run", () => {
    const { stores, press, cancels } = bench();
    press("b");
    press("Escape");
    expect(stores.view.getState().tool).toBe("window");
    expect(cancels()).toBe(0);
    press("Escape");
    expect(cancels()).toBe(1);
  });

  it("gives one viewer the bench and takes it back: by its key, by Escape, by another layout", () => {
    const { stores, press, cancels } = bench();
    const { view } = stores;
    const maximized = () => view.getState().maximized;
    view.getState().set({ singlePane: "clean" });
    press("f");
    expect(maximized()).toBe("clean");
    press("Escape");
    expect([maximized(), cancels()]).toEqual([null, 0]);
    press("f");
    press("f");
    expect(maximized()).toBeNull();
    toggleMaximized(view, "difference");
    expect(maximized()).toBe("difference");
    press(",");
    expect(maximized()).toBeNull();
    view.getState().set({ layout: "film" });
    press("f");
    expect(maximized()).toBe("film");
    view.getState().set({ guideStep: 0 });
    expect(maximized()).toBeNull();
  });

  it("leaves unknown keys to the browser", () => {
    const { press } = bench();
    expect(press("F5")).toBe(false);
    expect(press("s", { ctrl: true })).toBe(false);
  });
});
