/** Paints over the film. */
import { paintTool } from "./paintTool.ts";

export const brushTool = paintTool("brush");
