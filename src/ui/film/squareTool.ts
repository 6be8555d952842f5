/** Moves and resizes the square that the model is given of a film, by the pointer or by keys. */
import { LEAST_SIDE } from "../../image/filmSquare.ts";
import type { FilmSquare } from "../../image/filmSquare.ts";
import type { Box } from "../../image/resize.ts";
import { setSquare } from "../../state/specEdits.ts";
import type { Point } from "../kit/pointers.ts";
import type { FilmSize } from "../picture/filmGeometry.ts";
import { mapped } from "../picture/filmGeometry.ts";
import { clamp, placed } from "../picture/placedSquare.ts";
import type { Tool } from "../viewer/tools/tool.ts";
import { FACES } from "../viewer/tools/toolFaces.ts";
import { windowTool } from "../viewer/tools/windowTool.ts";
import type { FilmSurface } from "./filmTools.ts";

/** A press so near to a corner, in CSS pixels, takes hold of it. */
const CORNER = 16;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export const squareTool: Tool<FilmSurface> = {
  ...FACES.square,
  cursor: "move",
  onDown(at, surface) {
    const { film, square, stores } = surface;
    // A phantom is given as a whole.
    if (!square) return windowTool.onDown(at, surface);
    const { experiment } = stores;
    const before = experiment.getState().spec;
    const from = surface.toFilm(at);
    const corner = cornerAt(at, square, surface);
    experiment.getState().beginGesture();
    return {
      onMove: (on) => {
        const to = surface.toFilm(on);
        const next = corner
          ? resized(film, square, corner, to)
          : placed(film, {
              ...square,
              left: square.left + to.x - from.x,
              top: square.top + to.y - from.y,
            });
        experiment.getState().edit(setSquare(next));
      },
      onUp: () => experiment.getState().endGesture(),
      onCancel: () => {
        experiment.getState().edit(() => before);
        experiment.getState().endGesture();
      },
    };
  },
  /** Arrows move it, the keys of the brush's size change its own, Delete puts it back in the middle. */
  onKey(key, { film, square, stores }) {
    if (!square) return false;
    const { edit } = stores.experiment.getState();
    if (key === "Delete" || key === "Backspace") {
      edit(setSquare(undefined));
      return true;
    }
    const step = Math.max(1, Math.round(film.cols / 64));
    const move = MOVES[key];
    const grow = key === "]" ? 1 : key === "[" ? -1 : 0;
    if (!move && grow === 0) return false;
    const [right, down] = move ?? [0, 0];
    const width = square.width + 2 * grow * step;
    const box = {
      left: square.left + right * step - grow * step,
      top: square.top + (down * step - grow * step) / film.pixelAspect,
      width,
      height: width / film.pixelAspect,
    };
    edit(setSquare(placed(film, box)));
    return true;
  },
};

/** Which way from its middle a corner lies: -1 is left or up. */
type Corner = readonly [right: -1 | 1, down: -1 | 1];
const CORNERS: readonly Corner[] = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];

function cornerAt(at: Point, square: Box, { toViewer }: FilmSurface): Corner | undefined {
  return CORNERS.find((corner) => {
    const there = mapped(pointOf(square, corner), toViewer());
    return Math.hypot(there.x - at.x, there.y - at.y) <= CORNER;
  });
}

function pointOf({ left, top, width, height }: Box, [right, down]: Corner): Point {
  return { x: left + (right > 0 ? width : 0), y: top + (down > 0 ? height : 0) };
}

/** The square from the corner across to the pointer, by the longer of the two ways. */
function resized(film: FilmSize, square: Box, corner: Corner, to: Point): FilmSquare {
  const [right, down] = corner;
  const { cols, rows, pixelAspect } = film;
  const across = pointOf(square, [-right as -1 | 1, -down as -1 | 1]);
  const room = Math.min(
    right > 0 ? cols - across.x : across.x,
    (down > 0 ? rows - across.y : across.y) * pixelAspect,
  );
  const wanted = Math.max((to.x - across.x) * right, (to.y - across.y) * down * pixelAspect);
  const width = clamp(wanted, Math.min(LEAST_SIDE, room), room);
  const height = width / pixelAspect;
  return placed(film, {
    left: right > 0 ? across.x : across.x - width,
    top: down > 0 ? across.y : across.y - height,
    width,
    height,
  });
}
