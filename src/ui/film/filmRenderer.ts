/** Draws a film onto a canvas, at any zoom and window: by the graphics processor, or by hand where there is none. */
import type { PyramidLevel } from "../picture/pyramid.ts";
import { canvasRenderer } from "./canvasRenderer.ts";
import type { FilmRenderer } from "./filmScene.ts";
import { gpuRenderer } from "./gpuRenderer.ts";

/** @param onLost the graphics processor has forgotten the film, as it does when it is needed elsewhere. */
export function filmRenderer(levels: readonly PyramidLevel[], onLost: () => void): FilmRenderer {
  const gpu = gpuRenderer(document.createElement("canvas"), levels);
  // A canvas that was asked for one kind of context never gives another.
  if (!gpu) return canvasRenderer(document.createElement("canvas"), levels);
  gpu.canvas.addEventListener("webglcontextlost", onLost);
  return {
    ...gpu,
    dispose() {
      // Giving the memory back loses the context too, and that is meant.
      gpu.canvas.removeEventListener("webglcontextlost", onLost);
      gpu.dispose();
    },
  };
}
