/** Strokes into the painted patch of the stack: one history entry and one full run per stroke, previews while it grows. */
import { useRef } from "react";
import type { ExperimentSpec, Stroke } from "../../experiment/spec.ts";
import { quantizeStroke } from "../../experiment/strokes.ts";
import { putStroke } from "../../state/specEdits.ts";
import { useStores } from "../context/stores.ts";
import { ensurePatch } from "./paintedPatch.ts";
import { beginStroke, extendStroke, pressedRadius } from "./strokeBuilder.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Running {
  readonly id: string;
  readonly index: number;
  readonly stroke: Stroke;
  readonly hasGrown: boolean;
  /** What was there without it. */
  readonly before: ExperimentSpec;
}

export interface StrokePainter {
  /**
   * @param erase takes paint away instead of adding it
   * @param pressure of a pen, 0 to 1
   */
  begin(at: Point, erase: boolean, pressure?: number): Stroke;
  extend(to: Point, pressure?: number): Stroke | null;
  end(): void;
  /** A second finger came: a dab was its first touch and goes; a stroke that has grown stays. */
  cancel(): void;
}

export function useStrokePainter(): StrokePainter {
  const { experiment, view } = useStores();
  const running = useRef<Running | null>(null);
  const painter: StrokePainter = {
    begin(at, erase, pressure) {
      const { brush } = view.getState();
      const radius = pressure === undefined ? brush.radius : pressedRadius(brush.radius, pressure);
      const tip = { ...brush, radius, erase };
      const stroke = quantizeStroke(beginStroke(tip, at.x, at.y));
      const before = experiment.getState().spec;
      experiment.getState().beginGesture();
      let id = "";
      let index = 0;
      experiment.getState().edit((spec) => {
        const ensured = ensurePatch(spec);
        id = ensured.id;
        index = ensured.strokes;
        return putStroke(id, index, stroke)(ensured.spec);
      });
      running.current = { id, index, stroke, hasGrown: false, before };
      return stroke;
    },
    extend(to, pressure) {
      const now = running.current;
      if (!now) return null;
      const { radius } = view.getState().brush;
      const pressed = pressure === undefined ? undefined : pressedRadius(radius, pressure);
      const stroke = extendStroke(now.stroke, [to.x, to.y], pressed);
      if (stroke !== now.stroke) {
        running.current = { ...now, stroke, hasGrown: true };
        experiment.getState().edit(putStroke(now.id, now.index, stroke));
      }
      return stroke;
    },
    end() {
      const now = running.current;
      running.current = null;
      // What is run from here on is exactly what a link restores.
      if (now?.hasGrown) {
        experiment.getState().edit(putStroke(now.id, now.index, quantizeStroke(now.stroke)));
      }
      experiment.getState().endGesture();
    },
    cancel() {
      const now = running.current;
      if (!now || now.hasGrown) return painter.end();
      running.current = null;
      experiment.getState().edit(() => now.before);
      experiment.getState().endGesture();
    },
  };
  return painter;
}
