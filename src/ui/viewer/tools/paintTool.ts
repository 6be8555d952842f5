/** What brush and eraser share: a stroke into the painted patch, by pointer or by arrow keys and Enter. */
import { FACES } from "./toolFaces.ts";
import type { Surface, Tool } from "./tool.ts";

const STEP = 1 / 64;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function paintTool(name: "brush" | "eraser"): Tool {
  const erase = name === "eraser";
  return {
    ...FACES[name],
    cursor: "none",
    onDown(at, { painter, onImage, showStroke }, pressure) {
      showStroke(painter.begin(onImage(at), erase, pressure));
      return {
        onMove: (to, held) => showStroke(painter.extend(onImage(to), held.pressure)),
        onUp: () => {
          painter.end();
          showStroke(null);
        },
        onCancel: () => {
          painter.cancel();
          showStroke(null);
        },
      };
    },
    onKey: (key, surface) => movedTip(key, surface) || dabbed(key, surface, erase),
  };
}

function movedTip(key: string, { tip }: Surface): boolean {
  const move = MOVES[key];
  if (!move) return false;
  const from = tip.get() ?? MIDDLE;
  const keepIn = (value: number) => Math.max(0, Math.min(1, value));
  tip.set({ x: keepIn(from.x + move[0] * STEP), y: keepIn(from.y + move[1] * STEP) });
  return true;
}

function dabbed(key: string, { painter, tip }: Surface, erase: boolean): boolean {
  if (key !== "Enter") return false;
  painter.begin(tip.get() ?? MIDDLE, erase);
  painter.end();
  return true;
}

const MIDDLE = { x: 0.5, y: 0.5 };
