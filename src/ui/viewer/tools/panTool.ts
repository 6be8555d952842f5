/** Moves the picture under the pointer. */
import { panBy } from "../../picture/viewGeometry.ts";
import { NOTHING } from "./tool.ts";
import { FACES } from "./toolFaces.ts";
import type { Tool } from "./tool.ts";

export const panTool: Tool = {
  ...FACES.pan,
  cursor: "default",
  onDown(from, { stores: { view }, extent }) {
    const { camera } = view.getState();
    return {
      onMove: (to) =>
        view.getState().set({ camera: panBy(camera, to.x - from.x, to.y - from.y, extent()) }),
      onUp: NOTHING,
      onCancel: NOTHING,
    };
  },
};
