/** How each tool that can be taken up is called and drawn; what it does stands in its own file, which may be fetched later. */
import type { FilmToolName, MeasureTool, ToolName } from "../../../state/viewStore.ts";
import type { Command } from "../../context/keymap.ts";
import type { IconName } from "../../kit/icons.tsx";

export interface ToolFace {
  /** As its button says it. */
  readonly name: string;
  readonly icon: IconName;
  /** The command of the keymap that takes it up. */
  readonly command?: Command;
}

/** In the order of the toolbar. */
export const FACES = {
  window: {
    name: "Display window (drag); the model is not given it",
    icon: "window",
    command: "window",
  },
  pan: { name: "Pan (drag)", icon: "pan" },
  brush: { name: "Brush", icon: "brush", command: "brush" },
  eraser: { name: "Eraser", icon: "eraser", command: "eraser" },
  square: {
    name: "Move the model’s square (drag; a corner changes its size)",
    icon: "square",
    command: "square",
  },
  ruler: { name: "Ruler (drag)", icon: "ruler", command: "ruler" },
  angle: { name: "Angle (two drags)", icon: "angle", command: "angle" },
  heartRatio: {
    name: "Cardiothoracic ratio (two drags)",
    icon: "heartRatio",
    command: "heartRatio",
  },
  rectangle: {
    name: "Values in a rectangle (drag)",
    icon: "rectangle",
    command: "rectangle",
  },
  ellipse: { name: "Values in an ellipse (drag)", icon: "ellipse", command: "ellipse" },
} as const satisfies Readonly<Record<ToolName, ToolFace>>;

const MEASURING: readonly ToolName[] = [
  "ruler",
  "angle",
  "heartRatio",
  "rectangle",
  "ellipse",
] satisfies MeasureTool[];

export function isMeasureTool(name: ToolName): name is MeasureTool {
  return MEASURING.includes(name);
}

export function isFilmTool(name: ToolName): name is FilmToolName {
  return name === "square" || isMeasureTool(name);
}
