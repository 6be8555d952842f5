/** Drags the display window: right is wider, down is darker; Shift in coarse steps, Ctrl in fine ones. */
import { followWindow } from "../../picture/windowDrag.ts";
import { NOTHING } from "./tool.ts";
import { FACES } from "./toolFaces.ts";
import type { Surface, Tool } from "./tool.ts";

export const windowTool: Tool<Pick<Surface, "stores">> = {
  ...FACES.window,
  cursor: "default",
  onDown(from, { stores: { view } }) {
    const { window: start } = view.getState();
    const follow = followWindow(start, from);
    return {
      onMove: (to, held) => view.getState().set({ window: follow(to, held) }),
      onUp: NOTHING,
      onCancel: () => view.getState().set({ window: start }),
    };
  },
};
