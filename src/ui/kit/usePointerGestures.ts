/**
 * Pointer, wheel and fingers on one element, as gestures: a press becomes a gesture that follows the pointer until it is let
 * go; the wheel and two fingers zoom. Points are CSS pixels from the element's top left.
 */
import { useEffect, useRef } from "react";
import type { RefObject } from "react";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Keys held while the pointer moves. */
export interface Held {
  readonly shift: boolean;
  readonly ctrl: boolean;
}

/** One press of the pointer, from down to up. */
export interface Gesture {
  onMove(to: Point, held: Held): void;
  onUp(): void;
  /** The press turned into something else (a second finger): what was begun ends here. */
  onCancel(): void;
}

export interface Press {
  /** 0 left, 1 middle, 2 right. */
  readonly button: number;
  readonly isSpaceHeld: boolean;
}

export interface GestureHandlers {
  press(at: Point, press: Press): Gesture;
  /** Null when the pointer is elsewhere. */
  hover(at: Point | null): void;
  zoom(factor: number, at: Point): void;
}

/** Wheel units for a zoom by e. */
const WHEEL_PER_E = 400;

export function usePointerGestures(
  ref: RefObject<HTMLElement | null>,
  handlers: GestureHandlers,
): void {
  const live = useRef(handlers);
  useEffect(() => {
    live.current = handlers;
  });
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const pointers = new Map<number, Point>();
    let gesture: Gesture | null = null;
    let isSpaceHeld = false;
    /** Distance of two fingers at the last move. */
    let spread = 0;

    const at = (event: { clientX: number; clientY: number }): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const onDown = (event: PointerEvent) => {
      element.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, at(event));
      element.focus({ preventScroll: true });
      if (pointers.size === 2) {
        gesture?.onCancel();
        gesture = null;
        spread = distance(pointers);
        return;
      }
      if (event.button === 1) event.preventDefault();
      gesture = live.current.press(at(event), { button: event.button, isSpaceHeld });
    };
    const onMove = (event: PointerEvent) => {
      const point = at(event);
      live.current.hover(point);
      if (pointers.has(event.pointerId)) pointers.set(event.pointerId, point);
      if (pointers.size === 2) {
        const now = distance(pointers);
        live.current.zoom(now / Math.max(1, spread), middle(pointers));
        spread = now;
        return;
      }
      gesture?.onMove(point, { shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey });
    };
    const onUp = (event: PointerEvent) => {
      pointers.delete(event.pointerId);
      gesture?.onUp();
      gesture = null;
    };
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      live.current.zoom(Math.exp(-event.deltaY / WHEEL_PER_E), at(event));
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.code === "Space") isSpaceHeld = event.type === "keydown";
    };

    const off = new AbortController();
    const { signal } = off;
    element.addEventListener("pointerdown", onDown, { signal });
    element.addEventListener("pointermove", onMove, { signal });
    element.addEventListener("pointerup", onUp, { signal });
    element.addEventListener("pointercancel", onUp, { signal });
    element.addEventListener("pointerleave", () => live.current.hover(null), { signal });
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    element.addEventListener("wheel", onWheel, { passive: false, signal });
    window.addEventListener("keydown", onKey, { signal });
    window.addEventListener("keyup", onKey, { signal });
    return () => off.abort();
  }, [ref]);
}

function distance(pointers: ReadonlyMap<number, Point>): number {
  const [a, b] = [...pointers.values()];
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 1;
}

function middle(pointers: ReadonlyMap<number, Point>): Point {
  const [a, b] = [...pointers.values()];
  return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : { x: 0, y: 0 };
}
