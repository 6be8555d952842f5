/** The tools of the film viewer: window, pan and zoom as everywhere, and a ruler. */
import type { ToolName, RulerLine } from "../../state/viewStore.ts";
import type { Stores } from "../context/stores.ts";
import type { Extent } from "../kit/useExtent.ts";
import type { Point, Press } from "../kit/usePointerGestures.ts";
import { panFilm, zoomFilm } from "../picture/filmGeometry.ts";
import type { FilmSize } from "../picture/filmGeometry.ts";
import { NOTHING } from "../viewer/tools/tool.ts";
import type { Tool } from "../viewer/tools/tool.ts";
import { FACES } from "../viewer/tools/toolFaces.ts";
import { windowTool } from "../viewer/tools/windowTool.ts";

export interface FilmSurface {
  readonly stores: Stores;
  readonly film: FilmSize;
  /** Names the film, so that lines belong to it alone. */
  readonly key: string;
  extent(): Extent;
  toFilm(at: Point): Point;
  /** Where the keyboard holds the ruler, in film pixels; null until it is moved. */
  readonly tip: { get(): Point | null; set(at: Point): void };
}

const panTool: Tool<FilmSurface> = {
  ...FACES.pan,
  cursor: "grab",
  onDown(from, { stores: { view }, film, extent }) {
    const start = view.getState().film;
    return {
      onMove: (to) => {
        const by = { x: to.x - from.x, y: to.y - from.y };
        view.getState().set({ film: panFilm(start, by, { film, viewer: extent() }) });
      },
      onUp: NOTHING,
      onCancel: NOTHING,
    };
  },
};

/** CSS pixels of drag for a zoom by e. */
const PIXELS_PER_E = 150;

const zoomTool: Tool<FilmSurface> = {
  name: "Zoom (drag)",
  icon: "lens",
  cursor: "default",
  onDown(from, { stores: { view }, film, extent }) {
    const start = view.getState().film;
    return {
      onMove: (to) => {
        const factor = Math.exp((from.y - to.y) / PIXELS_PER_E);
        view.getState().set({ film: zoomFilm(start, factor, from, { film, viewer: extent() }) });
      },
      onUp: NOTHING,
      onCancel: NOTHING,
    };
  },
};

/** A press that moved less than this many film pixels measured nothing. */
const SHORTEST = 1;

export const rulerTool: Tool<FilmSurface> = {
  ...FACES.ruler,
  cursor: "crosshair",
  onDown(at, surface) {
    const from = surface.toFilm(at);
    const before = linesOf(surface);
    let line: RulerLine = { from, to: from };
    const put = () => setLines(surface, [...before, line]);
    const end = () => {
      if (lengthOf(line) < SHORTEST) setLines(surface, before);
    };
    return {
      onMove: (to) => {
        line = { from, to: surface.toFilm(to) };
        put();
      },
      onUp: end,
      onCancel: () => setLines(surface, before),
    };
  },
  /** Arrows move the end of a line, Enter begins and ends one, Delete takes the last one away. */
  onKey(key, surface) {
    const lines = linesOf(surface);
    if (key === "Delete" || key === "Backspace") {
      setLines(surface, lines.slice(0, -1));
      return true;
    }
    const { cols, rows } = surface.film;
    const at = surface.tip.get() ?? { x: cols / 2, y: rows / 2 };
    const last = lines.at(-1);
    if (key === "Enter") {
      surface.tip.set(at);
      if (!last?.isOpen) setLines(surface, [...lines, { from: at, to: at, isOpen: true }]);
      else {
        const { from, to } = last;
        setLines(surface, [
          ...lines.slice(0, -1),
          ...(lengthOf(last) < SHORTEST ? [] : [{ from, to }]),
        ]);
      }
      return true;
    }
    const move = MOVES[key];
    if (!move) return false;
    const step = Math.max(1, cols / 64);
    const clamp = (value: number, most: number) => Math.max(0, Math.min(most, value));
    const to = {
      x: clamp(at.x + move[0] * step, cols),
      y: clamp(at.y + move[1] * step, rows),
    };
    surface.tip.set(to);
    if (last?.isOpen) setLines(surface, [...lines.slice(0, -1), { ...last, to }]);
    return true;
  },
};

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function lengthOf({ from, to }: RulerLine): number {
  return Math.hypot(to.x - from.x, to.y - from.y);
}

function linesOf({ stores, key }: FilmSurface): readonly RulerLine[] {
  const { rulers } = stores.view.getState();
  return rulers.of === key ? rulers.lines : [];
}

function setLines({ stores, key }: FilmSurface, lines: readonly RulerLine[]): void {
  stores.view.getState().set({ rulers: { of: key, lines } });
}

/** What a press takes: as on the other viewers, and where nothing can be painted a brush drags the window. */
export function filmTool(
  { button, isSpaceHeld }: Press,
  inHand: Tool<FilmSurface>,
): Tool<FilmSurface> {
  if (button === 1 || isSpaceHeld) return panTool;
  return button === 2 ? zoomTool : inHand;
}

export function filmToolInHand(name: ToolName): Tool<FilmSurface> {
  if (name === "ruler") return rulerTool;
  return name === "pan" ? panTool : windowTool;
}
