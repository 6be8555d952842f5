/** Painting without a pointer: arrow keys move the brush over the focused viewer, Enter sets a dab. */
import { useState } from "react";
import type { KeyboardEvent } from "react";
import { useStores } from "../context/stores.ts";
import type { Point } from "../picture/viewGeometry.ts";
import { useStrokePainter } from "./useStrokePainter.ts";

const STEP = 1 / 64;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function useKeyboardBrush(canPaint: boolean): {
  readonly at: Point | null;
  onKeyDown(event: KeyboardEvent): void;
} {
  const { view } = useStores();
  const painter = useStrokePainter();
  const [at, setAt] = useState<Point | null>(null);
  return {
    at,
    onKeyDown(event) {
      const { tool } = view.getState();
      if (!canPaint || (tool !== "brush" && tool !== "eraser")) return;
      const move = MOVES[event.key];
      const from = at ?? { x: 0.5, y: 0.5 };
      if (move) {
        const keepIn = (value: number) => Math.max(0, Math.min(1, value));
        setAt({ x: keepIn(from.x + move[0] * STEP), y: keepIn(from.y + move[1] * STEP) });
      } else if (event.key === "Enter") {
        painter.begin(from);
        painter.end();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
