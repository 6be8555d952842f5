/** Ruler, angle, cardiothoracic ratio, and areas whose values are told: points set by drags, or by the arrows and Enter. */
import type { FilmMeasure, MeasureTool } from "../../state/viewStore.ts";
import type { Point } from "../kit/pointers.ts";
import { POINTS, isWhole } from "../picture/measure.ts";
import type { Tool } from "../viewer/tools/tool.ts";
import { FACES } from "../viewer/tools/toolFaces.ts";
import type { FilmSurface } from "./filmTools.ts";

/** A press that moved less than this many film pixels measured nothing. */
const SHORTEST = 1;

function measureTool(tool: MeasureTool): Tool<FilmSurface> {
  return {
    ...FACES[tool],
    cursor: "crosshair",
    /** A drag sets two points, or the one that is still missing. */
    onDown(at, surface) {
      const from = surface.toFilm(at);
      const before = itemsOf(surface);
      const [done, begun] = split(before, tool);
      const put = (to: Point) => {
        const drawn = POINTS[tool] - begun.length === 1 ? [to] : [from, to];
        setItems(surface, [...done, { tool, points: [...begun, ...drawn] }]);
      };
      let isNothing = true;
      return {
        onMove: (on) => {
          const to = surface.toFilm(on);
          isNothing = Math.hypot(to.x - from.x, to.y - from.y) < SHORTEST;
          put(to);
        },
        onUp: () => {
          if (isNothing) setItems(surface, before);
        },
        onCancel: () => setItems(surface, before),
      };
    },
    /** Arrows move the held point, Enter sets it and takes the next, Delete takes the last measurement away. */
    onKey(key, surface) {
      const items = itemsOf(surface);
      if (key === "Delete" || key === "Backspace") {
        setItems(surface, items.slice(0, -1));
        return true;
      }
      const { cols, rows } = surface.film;
      const at = surface.tip.get() ?? { x: cols / 2, y: rows / 2 };
      const [done, begun, isHeld] = split(items, tool);
      if (key === "Enter") {
        surface.tip.set(at);
        setItems(surface, [...done, ...entered(tool, begun, { at, isHeld })]);
        return true;
      }
      const move = MOVES[key];
      if (!move) return false;
      const step = Math.max(1, cols / 64);
      const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));
      const to = { x: clamp(at.x + move[0] * step, cols), y: clamp(at.y + move[1] * step, rows) };
      surface.tip.set(to);
      if (isHeld)
        setItems(surface, [...done, { tool, points: [...begun.slice(0, -1), to], isHeld }]);
      return true;
    },
  };
}

/** What Enter makes of what is begun: a new line held at its end, the next point held, or a whole. */
function entered(
  tool: MeasureTool,
  begun: readonly Point[],
  { at, isHeld }: { readonly at: Point; readonly isHeld: boolean },
): readonly FilmMeasure[] {
  if (!isHeld) {
    const missing = POINTS[tool] - begun.length;
    return [{ tool, points: [...begun, ...(missing === 1 ? [at] : [at, at])], isHeld: true }];
  }
  const [start, end] = begun.slice(-2) as [Point, Point];
  // Nothing lies between two points that are one: they go, and what was set before stays.
  if (Math.hypot(end.x - start.x, end.y - start.y) < SHORTEST) {
    const kept = begun.slice(0, begun.length === 3 ? -1 : -2);
    return kept.length > 0 ? [{ tool, points: kept }] : [];
  }
  const missing = POINTS[tool] - begun.length;
  return [missing === 1 ? { tool, points: [...begun, at], isHeld: true } : { tool, points: begun }];
}

/** What is finished, the points of what this tool has begun, and whether the keys hold the last of them. */
function split(
  items: readonly FilmMeasure[],
  tool: MeasureTool,
): readonly [readonly FilmMeasure[], readonly Point[], boolean] {
  const last = items.at(-1);
  if (!last || isWhole(last)) return [items, [], false];
  // Begun with another tool and left: half a measurement says nothing.
  if (last.tool !== tool) return [items.slice(0, -1), [], false];
  return [items.slice(0, -1), last.points, last.isHeld === true];
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function itemsOf({ stores, key }: FilmSurface): readonly FilmMeasure[] {
  const { measures } = stores.view.getState();
  return measures.of === key ? measures.items : [];
}

function setItems({ stores, key }: FilmSurface, items: readonly FilmMeasure[]): void {
  stores.view.getState().set({ measures: { of: key, items } });
}

export const MEASURE_TOOLS: Readonly<Record<MeasureTool, Tool<FilmSurface>>> = {
  ruler: measureTool("ruler"),
  angle: measureTool("angle"),
  heartRatio: measureTool("heartRatio"),
  rectangle: measureTool("rectangle"),
  ellipse: measureTool("ellipse"),
};
