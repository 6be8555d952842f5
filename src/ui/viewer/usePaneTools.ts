/**
 * Pointer, wheel and keys of one viewer: they go to the tool in hand (tools/), and two fingers pinch whatever it is.
 */
import { useCallback, useEffect, useRef, useState } from "react";
import type { KeyboardEvent as ReactKeyboardEvent, RefObject } from "react";
import type { Stroke } from "../../experiment/spec.ts";
import type { Camera } from "../../state/viewStore.ts";
import { useStores, useView } from "../context/stores.ts";
import { useStrokePainter } from "../brush/useStrokePainter.ts";
import { toImage, zoomAt } from "../picture/viewGeometry.ts";
import type { Point } from "../picture/viewGeometry.ts";
import type { Gesture, Surface, Tool } from "./tools/tool.ts";
import { toolInHand, toolPressed } from "./tools/toolTable.ts";

export interface PaneTools {
  readonly tool: Tool;
  /** Pointer over the image, in fractions; null when it is elsewhere. */
  readonly hover: Point | null;
  /** Where the keyboard holds the tip of the tool. */
  readonly tip: Point | null;
  /** The stroke being drawn, before the engine has seen it. */
  readonly stroke: Stroke | null;
  onKeyDown(event: ReactKeyboardEvent): void;
}

/** Wheel units for a zoom by e. */
const WHEEL_PER_E = 400;

export function usePaneTools(ref: RefObject<HTMLElement | null>, canPaint: boolean): PaneTools {
  const stores = useStores();
  const painter = useStrokePainter();
  const tool = toolInHand(
    useView((s) => s.tool),
    canPaint,
  );
  const [hover, setHover] = useState<Point | null>(null);
  const [stroke, setStroke] = useState<Stroke | null>(null);
  const [tip, setTip] = useState<Point | null>(null);
  const live = useRef({ painter, tool, tip });
  useEffect(() => {
    live.current = { painter, tool, tip };
  });
  const surfaceOf = useCallback(
    (element: HTMLElement): Surface => {
      const extent = () => ({ width: element.clientWidth, height: element.clientHeight });
      return {
        stores,
        painter: live.current.painter,
        extent,
        onImage: (at) => toImage(at, extent(), stores.view.getState().camera),
        showStroke: setStroke,
        tip: { get: () => live.current.tip, set: setTip },
      };
    },
    [stores],
  );

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const { view } = stores;
    const on = () => surfaceOf(element);
    const pointers = new Map<number, Point>();
    let gesture: Gesture | null = null;
    let isSpaceHeld = false;
    let pinch: { distance: number; camera: Camera } | null = null;

    const at = (event: { clientX: number; clientY: number }): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const zoom = (camera: Camera, factor: number, point: Point) =>
      view.getState().set({ camera: zoomAt(camera, factor, point, on().extent()) });

    const onDown = (event: PointerEvent) => {
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, at(event));
      element.focus({ preventScroll: true });
      if (pointers.size === 2) {
        gesture?.onCancel();
        gesture = null;
        pinch = { distance: spread(pointers), camera: view.getState().camera };
        return;
      }
      if (event.button === 1) event.preventDefault();
      const pressed = toolPressed(event.button, isSpaceHeld, live.current.tool);
      gesture = pressed.onDown(at(event), on());
    };
    const onMove = (event: PointerEvent) => {
      const point = at(event);
      setHover(on().onImage(point));
      if (pointers.has(event.pointerId)) pointers.set(event.pointerId, point);
      if (pinch && pointers.size === 2) {
        zoom(pinch.camera, spread(pointers) / Math.max(1, pinch.distance), middle(pointers));
      } else gesture?.onMove(point);
    };
    const onUp = (event: PointerEvent) => {
      pointers.delete(event.pointerId);
      if (pointers.size < 2) pinch = null;
      gesture?.onUp();
      gesture = null;
    };
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(view.getState().camera, Math.exp(-event.deltaY / WHEEL_PER_E), at(event));
    };
    const onLeave = () => setHover(null);
    const onMenu = (event: Event) => event.preventDefault();
    const onKey = (event: KeyboardEvent) => {
      if (event.code === "Space") isSpaceHeld = event.type === "keydown";
    };

    const off = new AbortController();
    const { signal } = off;
    element.addEventListener("pointerdown", onDown, { signal });
    element.addEventListener("pointermove", onMove, { signal });
    element.addEventListener("pointerup", onUp, { signal });
    element.addEventListener("pointercancel", onUp, { signal });
    element.addEventListener("pointerleave", onLeave, { signal });
    element.addEventListener("contextmenu", onMenu, { signal });
    element.addEventListener("wheel", onWheel, { passive: false, signal });
    window.addEventListener("keydown", onKey, { signal });
    window.addEventListener("keyup", onKey, { signal });
    return () => off.abort();
  }, [ref, stores, surfaceOf]);

  const onKeyDown = (event: ReactKeyboardEvent) => {
    if (!ref.current || !tool.onKey?.(event.key, surfaceOf(ref.current))) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { tool, hover, tip, stroke, onKeyDown };
}

function spread(pointers: ReadonlyMap<number, Point>): number {
  const [a, b] = [...pointers.values()];
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 1;
}

function middle(pointers: ReadonlyMap<number, Point>): Point {
  const [a, b] = [...pointers.values()];
  return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : { x: 0, y: 0 };
}
