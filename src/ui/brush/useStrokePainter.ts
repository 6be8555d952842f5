/** Strokes into the painted patch of the stack: one history entry and one full run per stroke, previews while it grows. */
import { useRef } from "react";
import type { Stroke } from "../../experiment/spec.ts";
import { quantizeStroke } from "../../experiment/strokes.ts";
import { putStroke } from "../../state/specEdits.ts";
import { useStores } from "../context/stores.ts";
import { ensurePatch } from "./paintedPatch.ts";
import { beginStroke, extendStroke } from "./strokeBuilder.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface StrokePainter {
  /** @param erase takes paint away instead of adding it. */
  begin(at: Point, erase: boolean): Stroke;
  extend(to: Point): Stroke | null;
  end(): void;
}

export function useStrokePainter(): StrokePainter {
  const { experiment, view } = useStores();
  const running = useRef<{ id: string; index: number; stroke: Stroke } | null>(null);
  return {
    begin(at, erase) {
      const { brush } = view.getState();
      const stroke = quantizeStroke(beginStroke({ ...brush, erase }, at.x, at.y));
      experiment.getState().beginGesture();
      let id = "";
      let index = 0;
      experiment.getState().edit((spec) => {
        const ensured = ensurePatch(spec);
        id = ensured.id;
        index = ensured.strokes;
        return putStroke(id, index, stroke)(ensured.spec);
      });
      running.current = { id, index, stroke };
      return stroke;
    },
    extend(to) {
      const now = running.current;
      if (!now) return null;
      const stroke = extendStroke(now.stroke, to.x, to.y);
      if (stroke !== now.stroke) {
        running.current = { ...now, stroke };
        experiment.getState().edit(putStroke(now.id, now.index, stroke));
      }
      return stroke;
    },
    end() {
      const now = running.current;
      running.current = null;
      // What is run from here on is exactly what a link restores.
      if (now && now.stroke.points.length > 1) {
        experiment.getState().edit(putStroke(now.id, now.index, quantizeStroke(now.stroke)));
      }
      experiment.getState().endGesture();
    },
  };
}
