/** Choosing takes the button away that was pressed: the keyboard stays in the lesson, at the top of what comes next. */
import { useEffect } from "react";
import type { RefObject } from "react";

/** @param progress a new object whenever something was chosen or done. */
export function useFocusKept(place: RefObject<HTMLElement | null>, progress: unknown): void {
  useEffect(() => {
    if (document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  }, [place, progress]);
}
