/** One viewer in the place of the whole bench below its bar, and back. */
import type { PaneName, ViewStore } from "../../state/viewStore.ts";

/** @param wanted which viewer; otherwise the one that has the focus, or that was last looked at alone */
export function toggleMaximized(view: ViewStore, wanted?: PaneName): void {
  const { layout, maximized, singlePane, set } = view.getState();
  if (maximized) return set({ maximized: null });
  const pane = layout === "film" ? "film" : (wanted ?? focusedPane() ?? singlePane);
  // The guide points at what is now out of sight.
  set({ maximized: pane, guideStep: null });
}

const PANES: readonly string[] = ["clean", "disturbed", "difference"] satisfies PaneName[];

function focusedPane(): PaneName | undefined {
  const focused = globalThis.document?.activeElement?.closest<HTMLElement>("[data-pane]");
  const name = focused?.dataset["pane"] ?? "";
  return PANES.includes(name) ? (name as PaneName) : undefined;
}
