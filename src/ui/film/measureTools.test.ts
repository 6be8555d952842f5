import { expect, test } from "vitest";
import { createViewStore } from "../../state/viewStore.ts";
import type { MeasureTool } from "../../state/viewStore.ts";
import type { Stores } from "../context/stores.ts";
import type { Point } from "../kit/pointers.ts";
import { MEASURE_TOOLS } from "./measureTools.ts";

function bench() {
  const view = createViewStore();
  let tip: Point | null = null;
  const surface = {
    stores: { view } as unknown as Stores,
    film: { cols: 640, rows: 640, pixelAspect: 1 },
    key: "film",
    extent: () => ({ width: 640, height: 640 }),
    toFilm: (at: Point) => at,
    toViewer: () => ({ a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 }),
    square: null,
    tip: { get: () => tip, set: (at: Point) => void (tip = at) },
  };
  return {
    items: () => view.getState().measures.items,
    drag(tool: MeasureTool, from: Point, to: Point) {
      const gesture = MEASURE_TOOLS[tool].onDown(from, surface);
      gesture.onMove({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }, NO_KEYS);
      gesture.onMove(to, NO_KEYS);
      return gesture;
    },
    keys: (tool: MeasureTool, ...keys: string[]) =>
      keys.map((key) => MEASURE_TOOLS[tool].onKey!(key, surface)),
  };
}

const at = (x: number, y: number) => ({ x, y });
const NO_KEYS = { shift: false, ctrl: false };

test("a ruler takes one drag, an angle two, a ratio two lines", () => {
  const { drag, items } = bench();
  drag("ruler", at(0, 0), at(9, 0)).onUp();
  drag("angle", at(0, 0), at(50, 0)).onUp();
  drag("angle", at(50, 0), at(50, 50)).onUp();
  drag("heartRatio", at(1, 5), at(4, 5)).onUp();
  drag("heartRatio", at(0, 9), at(8, 9)).onUp();
  expect(items()).toEqual([
    { tool: "ruler", points: [at(0, 0), at(9, 0)] },
    { tool: "angle", points: [at(0, 0), at(50, 0), at(50, 50)] },
    { tool: "heartRatio", points: [at(1, 5), at(4, 5), at(0, 9), at(8, 9)] },
  ]);
});

test("a click and a broken-off drag leave what was there, also of half a measurement", () => {
  const { drag, items } = bench();
  drag("heartRatio", at(1, 5), at(4, 5)).onUp();
  const half = items();
  drag("heartRatio", at(0, 9), at(0, 9)).onUp();
  expect(items()).toEqual(half);
  drag("heartRatio", at(0, 9), at(8, 9)).onCancel();
  expect(items()).toEqual(half);
});

test("half of one is given up when another is begun", () => {
  const { drag, items } = bench();
  drag("angle", at(0, 0), at(50, 0)).onUp();
  drag("ruler", at(0, 0), at(9, 0)).onUp();
  expect(items()).toEqual([{ tool: "ruler", points: [at(0, 0), at(9, 0)] }]);
});

test("by keys: Enter sets each point of an angle, the arrows move the one that is held", () => {
  const { keys, items } = bench();
  keys("angle", "Enter", "ArrowRight", "ArrowRight", "Enter", "ArrowDown", "Enter");
  expect(items()).toEqual([{ tool: "angle", points: [at(320, 320), at(340, 320), at(340, 330)] }]);
  expect(keys("angle", "q")).toEqual([false]);
  keys("angle", "Delete");
  expect(items()).toEqual([]);
});

test("by keys: the two lines of a ratio begin where the tip is", () => {
  const { keys, items } = bench();
  keys("heartRatio", "Enter", "ArrowRight", "Enter", "ArrowDown", "ArrowLeft", "ArrowLeft");
  expect(items()).toEqual([{ tool: "heartRatio", points: [at(320, 320), at(330, 320)] }]);
  keys("heartRatio", "Enter", "ArrowRight", "ArrowRight", "Enter");
  expect(items()).toEqual([
    { tool: "heartRatio", points: [at(320, 320), at(330, 320), at(310, 330), at(330, 330)] },
  ]);
});

test("by keys: Enter twice on one spot leaves nothing, and no half of a whole", () => {
  const { keys, items } = bench();
  keys("ruler", "Enter", "Enter");
  expect(items()).toEqual([]);
  keys("angle", "Enter", "ArrowRight", "Enter", "Enter");
  expect(items()).toEqual([{ tool: "angle", points: [at(320, 320), at(330, 320)] }]);
});
