/**
 * Pointer and wheel habits of a reading room: left drag windows (or paints), middle or space-drag pans, right drag and
 * wheel zoom at the cursor, two fingers pinch.
 */
import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";
import type { Stroke } from "../../experiment/spec.ts";
import type { DisplayWindow } from "../../image/display.ts";
import type { Camera, Tool } from "../../state/viewStore.ts";
import { useStores } from "../context/stores.ts";
import { useStrokePainter } from "../brush/useStrokePainter.ts";
import { panBy, toImage, zoomAt } from "../picture/viewGeometry.ts";
import type { Point } from "../picture/viewGeometry.ts";
import { dragWindow } from "../picture/windowDrag.ts";

export interface PaneTools {
  /** Pointer over the image, in fractions; null when it is elsewhere. */
  readonly hover: Point | null;
  /** The stroke being drawn, before the engine has seen it. */
  readonly stroke: Stroke | null;
}

type Drag =
  | { readonly kind: "window"; readonly from: Point; readonly window: DisplayWindow }
  | { readonly kind: "pan"; readonly from: Point; readonly camera: Camera }
  | { readonly kind: "zoom"; readonly from: Point; readonly camera: Camera }
  | { readonly kind: "paint" };

export function usePaneTools(
  ref: RefObject<HTMLElement | null>,
  options: { readonly canPaint: boolean },
): PaneTools {
  const stores = useStores();
  const painter = useStrokePainter();
  const [hover, setHover] = useState<Point | null>(null);
  const [stroke, setStroke] = useState<Stroke | null>(null);
  const live = useRef({ painter, options });
  useEffect(() => {
    live.current = { painter, options };
  });

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const { view } = stores;
    const pointers = new Map<number, Point>();
    let drag: Drag | null = null;
    let isSpaceHeld = false;
    let pinch: { distance: number; camera: Camera } | null = null;

    const at = (event: { clientX: number; clientY: number }): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const extent = () => ({ width: element.clientWidth, height: element.clientHeight });
    const onImage = (point: Point) => toImage(point, extent(), view.getState().camera);

    const begin = (event: PointerEvent): Drag => {
      const { camera, window, tool } = view.getState();
      const from = at(event);
      const kind = dragKind(event, tool, isSpaceHeld, live.current.options.canPaint);
      if (kind === "pan" || kind === "zoom") return { kind, from, camera };
      if (kind === "window") return { kind, from, window };
      setStroke(live.current.painter.begin(onImage(from)));
      return { kind };
    };
    const onDown = (event: PointerEvent) => {
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, at(event));
      element.focus({ preventScroll: true });
      if (pointers.size === 2) {
        if (drag?.kind === "paint") live.current.painter.end();
        setStroke(null);
        drag = null;
        pinch = { distance: spread(pointers), camera: view.getState().camera };
        return;
      }
      if (event.button === 1) event.preventDefault();
      drag = begin(event);
    };
    const onMove = (event: PointerEvent) => {
      const point = at(event);
      setHover(onImage(point));
      if (pointers.has(event.pointerId)) pointers.set(event.pointerId, point);
      if (pinch && pointers.size === 2) {
        const factor = spread(pointers) / Math.max(1, pinch.distance);
        view.getState().set({ camera: zoomAt(pinch.camera, factor, middle(pointers), extent()) });
        return;
      }
      if (!drag) return;
      switch (drag.kind) {
        case "paint":
          setStroke(live.current.painter.extend(onImage(point)));
          return;
        case "window": {
          const moved = { right: point.x - drag.from.x, down: point.y - drag.from.y };
          view.getState().set({ window: dragWindow(drag.window, moved) });
          return;
        }
        case "pan": {
          const { camera, from } = drag;
          view
            .getState()
            .set({ camera: panBy(camera, point.x - from.x, point.y - from.y, extent()) });
          return;
        }
        case "zoom": {
          const factor = Math.exp((drag.from.y - point.y) / 150);
          view.getState().set({ camera: zoomAt(drag.camera, factor, drag.from, extent()) });
        }
      }
    };
    const onUp = (event: PointerEvent) => {
      pointers.delete(event.pointerId);
      if (pointers.size < 2) pinch = null;
      if (drag?.kind === "paint") {
        live.current.painter.end();
        setStroke(null);
      }
      drag = null;
    };
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY / 400);
      const { camera, set } = view.getState();
      set({ camera: zoomAt(camera, factor, at(event), extent()) });
    };
    const onLeave = () => setHover(null);
    const onMenu = (event: Event) => event.preventDefault();
    const onKey = (event: KeyboardEvent) => {
      if (event.code === "Space") isSpaceHeld = event.type === "keydown";
    };

    element.addEventListener("pointerdown", onDown);
    element.addEventListener("pointermove", onMove);
    element.addEventListener("pointerup", onUp);
    element.addEventListener("pointercancel", onUp);
    element.addEventListener("pointerleave", onLeave);
    element.addEventListener("contextmenu", onMenu);
    element.addEventListener("wheel", onWheel, { passive: false });
    window.addEventListener("keydown", onKey);
    window.addEventListener("keyup", onKey);
    return () => {
      element.removeEventListener("pointerdown", onDown);
      element.removeEventListener("pointermove", onMove);
      element.removeEventListener("pointerup", onUp);
      element.removeEventListener("pointercancel", onUp);
      element.removeEventListener("pointerleave", onLeave);
      element.removeEventListener("contextmenu", onMenu);
      element.removeEventListener("wheel", onWheel);
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("keyup", onKey);
    };
  }, [ref, stores]);

  return { hover, stroke };
}

function dragKind(
  event: PointerEvent,
  tool: Tool,
  isSpaceHeld: boolean,
  canPaint: boolean,
): Drag["kind"] {
  if (event.button === 1 || isSpaceHeld) return "pan";
  if (event.button === 2) return "zoom";
  if (tool === "brush" || tool === "eraser") return canPaint ? "paint" : "window";
  return tool;
}

function spread(pointers: ReadonlyMap<number, Point>): number {
  const [a, b] = [...pointers.values()];
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 1;
}

function middle(pointers: ReadonlyMap<number, Point>): Point {
  const [a, b] = [...pointers.values()];
  return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : { x: 0, y: 0 };
}
