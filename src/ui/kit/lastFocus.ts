/** Where the keyboard was before a menu or a dialog took it: what opened a dialog from a menu is gone with the menu. */
let last: HTMLElement | undefined;

/** @returns ends the watch */
export function watchFocus(): () => void {
  const look = ({ target }: FocusEvent) => {
    if (target instanceof HTMLElement && !target.closest("[role=menu], [role=dialog]")) {
      last = target;
    }
  };
  document.addEventListener("focusin", look);
  return () => document.removeEventListener("focusin", look);
}

/** Gives a focus that was lost back to the one it was taken from, or to the last one that is still there. */
export function giveFocusBack(opener: Element | null): void {
  if (document.activeElement !== document.body) return;
  const isThere = opener instanceof HTMLElement && opener !== document.body && opener.isConnected;
  (isThere ? opener : last)?.focus({ preventScroll: true });
}
