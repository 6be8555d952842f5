import { expect, test } from "vitest";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { squareOf } from "../../image/filmSquare.ts";
import type { FilmSquare } from "../../image/filmSquare.ts";
import { openFilm } from "../../state/specEdits.ts";
import { testBench } from "../../testing/testBench.ts";
import { inverse, mapped } from "../picture/filmGeometry.ts";
import type { FilmSurface } from "./filmTools.ts";
import { squareTool } from "./squareTool.ts";

const FILM = { cols: 1000, rows: 600, pixelAspect: 1 };
const NO_KEYS = { shift: false, ctrl: false };

/** A film at half its size, 10 pixels in from the left. */
function bench(film = FILM) {
  const { stores } = testBench();
  stores.experiment.getState().edit(openFilm("ab", { vois: [] }));
  const matrix = { a: 0.5, b: 0, c: 0, d: 0.5 * film.pixelAspect, e: 10, f: 0 };
  const square = () => squareIn(stores.experiment.getState().spec);
  const surface = (): FilmSurface => ({
    stores,
    film,
    key: "ab",
    extent: () => ({ width: 520, height: 300 }),
    toFilm: (at) => mapped(at, inverse(matrix)),
    toViewer: () => matrix,
    square: squareOf(film, square()),
    tip: { get: () => null, set: () => {} },
  });
  return {
    stores,
    square,
    drag(from: { x: number; y: number }, to: { x: number; y: number }) {
      const gesture = squareTool.onDown(from, surface());
      gesture.onMove({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }, NO_KEYS);
      gesture.onMove(to, NO_KEYS);
      return gesture;
    },
    keys: (...keys: string[]) => keys.map((key) => squareTool.onKey!(key, surface())),
  };
}

function squareIn({ case: of }: ExperimentSpec): FilmSquare | undefined {
  return of.kind === "file" ? of.square : undefined;
}

test("a drag moves it by as much on the film, is one step of the history, and ends at the film's edge", () => {
  const { drag, square, stores } = bench();
  // The middle square is 600 columns from column 200 on.
  drag({ x: 250, y: 100 }, { x: 280, y: 140 }).onUp();
  expect(square()).toEqual({ kind: "placed", left: 260, top: 0, side: 600 });
  drag({ x: 250, y: 100 }, { x: 900, y: 100 }).onUp();
  expect(square()).toEqual({ kind: "placed", left: 400, top: 0, side: 600 });
  stores.history.getState().undo();
  expect(square()).toMatchObject({ left: 260 });
  stores.history.getState().undo();
  expect(square()).toBeUndefined();
});

test("a corner changes its size and leaves the one across where it is", () => {
  const { drag, square } = bench();
  drag({ x: 110, y: 0 }, { x: 160, y: 30 }).onUp();
  // The top left corner goes down and right by 60 rows, the lesser of the two ways: the larger square.
  expect(square()).toEqual({ kind: "placed", left: 260, top: 60, side: 540 });
  drag({ x: 410, y: 300 }, { x: 141, y: 31 }).onUp();
  expect(square()).toEqual({ kind: "placed", left: 260, top: 60, side: 32 });
});

test("what is broken off leaves the square as it was", () => {
  const { drag, square } = bench();
  drag({ x: 250, y: 100 }, { x: 300, y: 100 }).onCancel();
  expect(square()).toBeUndefined();
});

test("by keys: arrows move it, the brush's keys change its size about its middle, Delete puts it back", () => {
  const { keys, square } = bench();
  expect(keys("ArrowRight", "ArrowRight", "[")).toEqual([true, true, true]);
  expect(square()).toEqual({ kind: "placed", left: 248, top: 16, side: 568 });
  keys("]", "]");
  expect(square()).toMatchObject({ side: 600, top: 0 });
  expect(keys("q")).toEqual([false]);
  keys("Delete");
  expect(square()).toBeUndefined();
});

test("is square on the detector where pixels are higher than wide", () => {
  const { keys, square } = bench({ cols: 1000, rows: 300, pixelAspect: 2 });
  keys("[", "ArrowDown");
  expect(square()).toEqual({ kind: "placed", left: 216, top: 16, side: 568 });
  expect(squareOf({ cols: 1000, rows: 300, pixelAspect: 2 }, square())).toMatchObject({
    width: 568,
    height: 284,
  });
});
