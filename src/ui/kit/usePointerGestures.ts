/** Pointer, wheel and fingers on one element, as gestures (pointers.ts). Points are CSS pixels from the element's top left. */
import { useEffect, useRef } from "react";
import type { RefObject } from "react";
import { trackPointers } from "./pointers.ts";
import type { GestureHandlers, Pointer } from "./pointers.ts";

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
    const tracker = trackPointers(() => live.current);
    let isSpaceHeld = false;

    const at = (event: { clientX: number; clientY: number }) => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const pointer = (event: PointerEvent): Pointer => ({
      id: event.pointerId,
      kind: event.pointerType,
      at: at(event),
    });
    const pressure = (event: PointerEvent) =>
      event.pointerType === "pen" ? { pressure: event.pressure } : {};
    const onDown = (event: PointerEvent) => {
      const press = { button: event.button, isSpaceHeld, ...pressure(event) };
      if (!tracker.down(pointer(event), press)) return;
      element.setPointerCapture(event.pointerId);
      element.focus({ preventScroll: true });
      if (event.button === 1) event.preventDefault();
    };
    const onMove = (event: PointerEvent) => {
      const held = { shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey };
      tracker.move(pointer(event), { ...held, ...pressure(event) });
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
    element.addEventListener("pointerup", (event) => tracker.up(event.pointerId, false), {
      signal,
    });
    element.addEventListener("pointercancel", (event) => tracker.up(event.pointerId, true), {
      signal,
    });
    element.addEventListener("pointerleave", () => live.current.hover(null), { signal });
    element.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    element.addEventListener("wheel", onWheel, { passive: false, signal });
    window.addEventListener("keydown", onKey, { signal });
    window.addEventListener("keyup", onKey, { signal });
    return () => off.abort();
  }, [ref]);
}
