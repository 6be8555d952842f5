/** Listens for the bench's keys wherever the focus is, except where the reader types or a widget owns the key. */
import { useEffect } from "react";
import { useDisplayPresets } from "../viewer/PresetPicker.tsx";
import { handleKey } from "./shortcuts.ts";
import { useStores } from "../context/stores.ts";

/** Widgets that use arrows, space and letters themselves. */
const OWNERS =
  'input, select, textarea, button, summary, [role="listbox"], [role="menu"], [role="dialog"]';

/** A menu, list, popover or dialog that closes itself; the guide's card is closed from here. */
function isAnythingAbove(): boolean {
  const above = document.querySelectorAll(
    '[role="dialog"]:not([data-guide-card]), [role="menu"], [role="listbox"]',
  );
  // A list that is closed stays in the page, hidden.
  return [...above].some((element) => element.checkVisibility());
}

export function useShortcuts(): void {
  const stores = useStores();
  const presets = useDisplayPresets();
  useEffect(() => {
    // Space alone resets the view; held while dragging it pans. Which it was is known when it is let go.
    let isSpaceAlone = false;
    const onPointer = () => {
      isSpaceAlone = false;
    };
    const onRelease = (event: KeyboardEvent) => {
      if (event.key !== " " || !isSpaceAlone) return;
      isSpaceAlone = false;
      handleKey({ key: " ", ctrl: false, shift: false }, stores, presets);
    };
    const onKey = (event: KeyboardEvent) => {
      const ctrl = event.ctrlKey || event.metaKey;
      if (event.altKey || event.defaultPrevented) return;
      if (!ctrl && isOwned(event)) return;
      // A dialog that is still being fetched has no field yet: what is typed for it is no command to the bench.
      if (!ctrl && stores.view.getState().dialog !== null) return;
      // What is open above the bench closes by itself, and only that.
      if (event.key === "Escape" && isAnythingAbove()) return;
      // The list of all commands opens from a field too; no field has a use for its key.
      if (ctrl && isTyping(event.target) && event.key.toLowerCase() !== "k") return;
      if (event.key === " ") {
        isSpaceAlone ||= !event.repeat;
        event.preventDefault();
        return;
      }
      const stroke = { key: event.key, ctrl, shift: event.shiftKey };
      if (handleKey(stroke, stores, presets)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    document.addEventListener("keyup", onRelease);
    document.addEventListener("pointerdown", onPointer, true);
    return () => {
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("keyup", onRelease);
      document.removeEventListener("pointerdown", onPointer, true);
    };
  }, [stores, presets]);
}

function isOwned(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (isTyping(target)) return true;
  const owner = target.closest(OWNERS);
  if (!owner) return false;
  if (owner.matches('[role="dialog"], [role="menu"], [role="listbox"]')) return true;
  // On a button or slider only the keys that move or press it are its own; letters still reach the bench.
  if (owner.matches("select")) return true;
  return (
    key === " " || key === "Enter" || key.startsWith("Arrow") || key === "Home" || key === "End"
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches(
      'textarea, input:not([type="range"]):not([type="checkbox"]), [contenteditable="true"]',
    )
  );
}
