/** Choosing takes the button away that was pressed: the keyboard stays in the lesson, at the top of what comes next. */
import { useEffect } from "react";
import type { RefObject } from "react";

export function useFocusKept(place: RefObject<HTMLElement | null>): void {
  // After every render: each of them may have taken away what was focused.
  useEffect(() => {
    if (document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  });
}
