/** The tools of the viewers, and which of them a press of the pointer takes. */
import type { Press } from "../../kit/pointers.ts";
import type { Buttons, DragRole } from "../../../state/keyStore.ts";
import type { FilmToolName, ToolName } from "../../../state/viewStore.ts";
import { brushTool } from "./brushTool.ts";
import { eraserTool } from "./eraserTool.ts";
import { panTool } from "./panTool.ts";
import type { Tool } from "./tool.ts";
import { isFilmTool } from "./toolFaces.ts";
import { windowTool } from "./windowTool.ts";
import { zoomTool } from "./zoomTool.ts";

/** Those that can be taken up, in the order of the toolbar. */
export const TOOLS: Readonly<Record<Exclude<ToolName, FilmToolName>, Tool>> = {
  window: windowTool,
  pan: panTool,
  brush: brushTool,
  eraser: eraserTool,
};

const PAINTS: readonly Tool[] = [brushTool, eraserTool];

/** The tool in hand on a viewer: where nothing can be painted or measured, brushes and rulers drag the window. */
export function toolInHand(name: ToolName, canPaint: boolean): Tool {
  if (isFilmTool(name)) return windowTool;
  const tool = TOOLS[name];
  return PAINTS.includes(tool) && !canPaint ? windowTool : tool;
}

const DRAGS: Readonly<Record<DragRole, Tool>> = {
  pan: panTool,
  zoom: zoomTool,
  window: windowTool,
};

/** As browsers number it. */
const PEN_ERASER = 5;

/**
 * A held space bar pans, and the two other buttons do what the reader chose, whatever the tool in hand. The other end of a pen takes
 * away what the brush painted.
 */
export function toolPressed({ button, isSpaceHeld }: Press, inHand: Tool, buttons: Buttons): Tool {
  if (isSpaceHeld) return panTool;
  if (button === 1) return DRAGS[buttons.middle];
  if (button === PEN_ERASER) return inHand === brushTool ? eraserTool : inHand;
  return button === 2 ? DRAGS[buttons.right] : inHand;
}
