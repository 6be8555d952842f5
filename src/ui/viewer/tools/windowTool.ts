/** Drags the display window: right is wider, down is darker. */
import { dragWindow } from "../../picture/windowDrag.ts";
import { NOTHING } from "./tool.ts";
import type { Tool } from "./tool.ts";

export const windowTool: Tool = {
  name: "Display window (drag); the model is not given it",
  icon: "window",
  command: "window",
  cursor: "default",
  onDown(from, { stores: { view } }) {
    const { window } = view.getState();
    return {
      onMove: (to) =>
        view.getState().set({
          window: dragWindow(window, { right: to.x - from.x, down: to.y - from.y }),
        }),
      onUp: NOTHING,
      onCancel: NOTHING,
    };
  },
};
