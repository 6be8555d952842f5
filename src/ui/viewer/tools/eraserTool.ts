/** Takes paint away. */
import { paintTool } from "./paintTool.ts";

export const eraserTool = paintTool("eraser");
