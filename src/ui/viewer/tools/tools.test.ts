import { describe, expect, it } from "vitest";
import type { Stroke } from "../../../experiment/spec.ts";
import { testBench } from "../../../testing/testBench.ts";
import { toImage } from "../../picture/viewGeometry.ts";
import type { Point } from "../../kit/pointers.ts";
import type { Surface, Tool } from "./tool.ts";
import { GIVEN } from "../../../state/keyStore.ts";
import { TOOLS, toolInHand, toolPressed } from "./toolTable.ts";
import { panTool } from "./panTool.ts";
import { windowTool } from "./windowTool.ts";
import { zoomTool } from "./zoomTool.ts";

/** A viewer of 200 by 200 pixels at twice the fit, and a painter that writes down what it was asked. */
function viewer() {
  const { stores } = testBench();
  stores.view.getState().set({ camera: { zoom: 2, x: 0.5, y: 0.5 } });
  const painted: string[] = [];
  const shown: (Stroke | null)[] = [];
  let tip: Point | null = null;
  const extent = () => ({ width: 200, height: 200 });
  const stroke = (at: Point, erase: boolean): Stroke => ({
    points: [[at.x, at.y]],
    radius: 0.05,
    intensity: 1,
    erase,
  });
  const surface: Surface = {
    stores,
    painter: {
      begin: (at, erase) => {
        painted.push(`${erase ? "erase" : "paint"} ${at.x.toFixed(2)} ${at.y.toFixed(2)}`);
        return stroke(at, erase);
      },
      extend: (to) => {
        painted.push(`to ${to.x.toFixed(2)} ${to.y.toFixed(2)}`);
        return stroke(to, false);
      },
      end: () => void painted.push("end"),
      cancel: () => void painted.push("cancel"),
    },
    extent,
    onImage: (at) => toImage(at, extent(), stores.view.getState().camera),
    showStroke: (next) => void shown.push(next),
    tip: {
      get: () => tip,
      set: (at) => {
        tip = at;
      },
    },
  };
  return { surface, painted, shown, view: () => stores.view.getState() };
}

function drag(tool: Tool, surface: Surface, from: Point, to: Point): void {
  const gesture = tool.onDown(from, surface);
  gesture.onMove(to, { shift: false, ctrl: false });
  gesture.onUp();
}

describe("the tools of a viewer", () => {
  it("pan the picture with the pointer", () => {
    const { surface, view } = viewer();
    const under = surface.onImage({ x: 50, y: 80 });
    drag(panTool, surface, { x: 50, y: 80 }, { x: 90, y: 60 });
    const after = surface.onImage({ x: 90, y: 60 });
    expect(after.x).toBeCloseTo(under.x, 9);
    expect(after.y).toBeCloseTo(under.y, 9);
    expect(view().camera.zoom).toBe(2);
  });

  it("zoom at the point that was pressed", () => {
    const { surface, view } = viewer();
    const under = surface.onImage({ x: 60, y: 90 });
    drag(zoomTool, surface, { x: 60, y: 90 }, { x: 60, y: 40 });
    expect(view().camera.zoom).toBeCloseTo(2 * Math.exp(50 / 150), 9);
    const after = surface.onImage({ x: 60, y: 90 });
    expect(after.x).toBeCloseTo(under.x, 9);
    expect(after.y).toBeCloseTo(under.y, 9);
  });

  it("widen the display window to the right and darken it downwards", () => {
    const { surface, view } = viewer();
    drag(windowTool, surface, { x: 0, y: 0 }, { x: 30, y: 20 });
    expect(view().window.width).toBeGreaterThan(255);
    expect(view().window.center).toBeGreaterThan(127.5);
    const before = view().window;
    const gesture = windowTool.onDown({ x: 0, y: 0 }, surface);
    gesture.onMove({ x: 1, y: 25 }, { shift: false, ctrl: false });
    // The finger scrolls the page instead.
    gesture.onCancel();
    expect(view().window).toEqual(before);
  });

  it.each(["brush", "eraser"] as const)("draw one stroke a press: %s", (name) => {
    const { surface, painted, shown } = viewer();
    drag(TOOLS[name], surface, { x: 100, y: 100 }, { x: 120, y: 100 });
    const verb = name === "brush" ? "paint" : "erase";
    expect(painted).toEqual([`${verb} 0.50 0.50`, "to 0.55 0.50", "end"]);
    expect(shown.at(-1)).toBeNull();
  });

  it("end what they began when a second finger comes", () => {
    const { surface, painted, shown } = viewer();
    TOOLS.brush.onDown({ x: 100, y: 100 }, surface).onCancel();
    expect(painted.at(-1)).toBe("cancel");
    expect(shown.at(-1)).toBeNull();
  });

  it.each(["brush", "eraser"] as const)("paint by the keyboard as by the pointer: %s", (name) => {
    const { surface, painted } = viewer();
    const press = (key: string) => TOOLS[name].onKey!(key, surface);
    expect(press("ArrowRight")).toBe(true);
    expect(press("ArrowDown")).toBe(true);
    expect(surface.tip.get()).toEqual({ x: 0.5 + 1 / 64, y: 0.5 + 1 / 64 });
    for (let i = 0; i < 100; i++) press("ArrowLeft");
    expect(surface.tip.get()!.x).toBe(0);
    expect(press("Enter")).toBe(true);
    expect(painted).toEqual([`${name === "brush" ? "paint" : "erase"} 0.00 0.52`, "end"]);
    expect(press("x")).toBe(false);
  });

  it("are chosen by button, space bar and what a viewer can take", () => {
    expect(toolInHand("brush", true)).toBe(TOOLS.brush);
    expect(toolInHand("brush", false)).toBe(windowTool);
    expect(toolInHand("pan", false)).toBe(panTool);
    const pressed = (button: number, isSpaceHeld: boolean, buttons = GIVEN.buttons) =>
      toolPressed({ button, isSpaceHeld }, TOOLS.brush, buttons);
    expect(pressed(0, false)).toBe(TOOLS.brush);
    expect(pressed(0, true)).toBe(panTool);
    expect(pressed(5, false)).toBe(TOOLS.eraser);
    expect(pressed(1, false)).toBe(panTool);
    expect(pressed(2, false)).toBe(zoomTool);
    expect(pressed(2, false, { middle: "zoom", right: "window" })).toBe(windowTool);
    expect(pressed(1, false, { middle: "zoom", right: "window" })).toBe(zoomTool);
  });
});
