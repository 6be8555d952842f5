import { describe, expect, it } from "vitest";
import { trackPointers } from "./pointers.ts";
import type { Pointer } from "./pointers.ts";

/** A viewer that writes down what it is told. */
function viewer() {
  const told: string[] = [];
  const tracker = trackPointers(() => ({
    press: (at, { button, pressure }) => {
      told.push(`press ${at.x} ${at.y} button ${button}${pressure ? ` at ${pressure}` : ""}`);
      return {
        onMove: (to, held) =>
          told.push(`to ${to.x} ${to.y}${held.pressure ? ` at ${held.pressure}` : ""}`),
        onUp: () => told.push("up"),
        onCancel: () => told.push("cancel"),
      };
    },
    hover: () => {},
    pan: ({ x, y }) => told.push(`pan ${x} ${y}`),
    zoom: (factor, { x, y }) => told.push(`zoom ${factor} at ${x} ${y}`),
  }));
  const on = (kind: string) => (id: number, x: number, y: number) => {
    const pointer: Pointer = { id, kind, at: { x, y } };
    return {
      down: (pressure?: number) =>
        tracker.down(pointer, { button: 0, isSpaceHeld: false, ...(pressure && { pressure }) }),
      move: (pressure?: number) =>
        tracker.move(pointer, { shift: false, ctrl: false, ...(pressure && { pressure }) }),
      up: () => tracker.up(id, false),
      cut: () => tracker.up(id, true),
    };
  };
  return { told, finger: on("touch"), pen: on("pen"), mouse: on("mouse") };
}

describe("pointers on a viewer", () => {
  it("make one gesture each, which ends where it is let go", () => {
    const { told, mouse } = viewer();
    mouse(1, 10, 20).move();
    mouse(1, 10, 20).down();
    mouse(1, 15, 25).move();
    mouse(1, 15, 25).up();
    mouse(1, 40, 40).move();
    expect(told).toEqual(["press 10 20 button 0", "to 15 25", "up"]);
  });

  it("move the picture and zoom it with two fingers, and leave off what one of them had begun", () => {
    const { told, finger } = viewer();
    finger(1, 100, 100).down();
    finger(2, 200, 100).down();
    // Together to the right, then the second one away from the first.
    finger(1, 110, 100).move();
    finger(2, 210, 100).move();
    finger(2, 310, 100).move();
    expect(told).toEqual([
      "press 100 100 button 0",
      "cancel",
      "pan 5 0",
      "zoom 0.9 at 155 100",
      "pan 5 0",
      `zoom ${10 / 9} at 160 100`,
      "pan 50 0",
      "zoom 2 at 210 100",
    ]);
  });

  it("begin nothing with a third finger, and do not jump when it goes", () => {
    const { told, finger } = viewer();
    finger(1, 100, 100).down();
    finger(2, 200, 100).down();
    finger(3, 150, 300).down();
    finger(1, 90, 100).move();
    finger(1, 90, 100).up();
    told.length = 0;
    finger(2, 210, 100).move();
    expect(told[0]).toBe("pan 5 0");
    finger(3, 150, 300).up();
    finger(2, 230, 100).move();
    expect(told.filter((line) => /press|^to/.test(line))).toEqual([]);
  });

  it("take a pen for what it is and the hand beside it for nothing", () => {
    const { told, pen, finger } = viewer();
    finger(1, 300, 300).down();
    pen(2, 100, 100).down(0.3);
    expect(finger(3, 310, 310).down()).toBe(false);
    finger(1, 305, 300).move();
    finger(3, 320, 310).move();
    pen(2, 120, 100).move(0.8);
    finger(3, 320, 310).up();
    pen(2, 120, 100).up();
    expect(told).toEqual([
      "press 300 300 button 0",
      "cancel",
      "press 100 100 button 0 at 0.3",
      "to 120 100 at 0.8",
      "up",
    ]);
  });

  it("give up what was begun when the page is scrolled instead", () => {
    const { told, finger } = viewer();
    finger(1, 100, 100).down();
    finger(1, 102, 120).move();
    finger(1, 102, 120).cut();
    expect(told).toEqual(["press 100 100 button 0", "to 102 120", "cancel"]);
  });
});
