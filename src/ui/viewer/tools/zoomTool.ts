/** Zooms at the point that was pressed: up is nearer. */
import { zoomAt } from "../../picture/viewGeometry.ts";
import { NOTHING } from "./tool.ts";
import type { Tool } from "./tool.ts";

/** CSS pixels of drag for a zoom by e. */
const PIXELS_PER_E = 150;

export const zoomTool: Tool = {
  name: "Zoom (drag)",
  icon: "lens",
  cursor: "default",
  onDown(from, { stores: { view }, extent }) {
    const { camera } = view.getState();
    return {
      onMove: (to) => {
        const factor = Math.exp((from.y - to.y) / PIXELS_PER_E);
        view.getState().set({ camera: zoomAt(camera, factor, from, extent()) });
      },
      onUp: NOTHING,
      onCancel: NOTHING,
    };
  },
};
