/** The display window of the model's picture (grey levels 0..255): dragging, nudging and presets. */
import type { Radiograph, VoiWindow } from "../../image/radiograph.ts";
import { dragVoi, voiPresets } from "../../image/voi.ts";
import { IDENTITY_WINDOW, displayWindow } from "../../image/display.ts";
import type { DisplayWindow, GrayScale } from "../../image/display.ts";
import type { Held, Point } from "../kit/pointers.ts";
import { DISPLAY_LIMITS } from "../../state/viewStore.ts";
import { distributionOnce } from "./distributionOnce.ts";

export interface DisplayPreset {
  readonly key: string;
  readonly name: string;
  readonly window: DisplayWindow;
}

const FULL_RANGE = { min: 0, max: 255, count: 2, quantile: (p: number) => 255 * p };

/**
 * Right is wider (less contrast), down is darker: the rule of dragVoi at a range of 255 levels, four times as fast, and in
 * proportion where the window is wide, so that all that a film holds is in reach of a hand.
 */
export function dragWindow(
  start: DisplayWindow,
  drag: { readonly right: number; readonly down: number },
): DisplayWindow {
  const speed = 4 * Math.max(1, start.width / 255);
  const fast = { right: speed * drag.right, down: speed * drag.down };
  const { center, width } = dragVoi(
    { kind: "linear_exact", ...start },
    fast,
    { photometric: "MONOCHROME2" },
    FULL_RANGE,
  );
  const { least, most, widest } = DISPLAY_LIMITS;
  return {
    center: Math.max(least, Math.min(most, center)),
    width: Math.max(1, Math.min(widest, width)),
  };
}

/** How much more (Shift) or less (Ctrl) a drag does. */
const COARSE = 4;
const FINE = 1 / 8;

/** A drag of the window that follows the pointer; a key pressed on the way changes what comes after it, and nothing jumps. */
export function followWindow(
  start: DisplayWindow,
  from: Point,
): (to: Point, held: Held) => DisplayWindow {
  let last = from;
  const drag = { right: 0, down: 0 };
  return (to, { shift, ctrl }) => {
    const speed = (shift ? COARSE : 1) * (ctrl ? FINE : 1);
    drag.right += speed * (to.x - last.x);
    drag.down += speed * (to.y - last.y);
    last = to;
    return dragWindow(start, drag);
  };
}

/** Keys 1 to 5: what the model sees, then the automatic, full-range, lung and bone windows of this picture. */
export function displayPresets(image: Float32Array): readonly DisplayPreset[] {
  const values = Int32Array.from(image, (value) => Math.round(value * 255));
  const computed = voiPresets({ values, photometric: "MONOCHROME2", vois: [] }).flatMap(
    ({ key, name, voi }) =>
      voi.kind === "table" ? [] : [{ key, name, window: { center: voi.center, width: voi.width } }],
  );
  return [{ key: "1", name: "As the model sees it", window: IDENTITY_WINDOW }, ...computed];
}

/**
 * The same for a film at its own resolution, placed by the film's values and not by what the model's window left of them, and
 * the file's own windows.
 */
export function filmPresets(radiograph: Radiograph, scale: GrayScale): readonly DisplayPreset[] {
  const shown = (voi: VoiWindow) => displayWindow(exactly(voi), scale);
  const named = (name: string, { width, center }: VoiWindow) =>
    `${name}, W ${Math.round(width)} C ${Math.round(center)}`;
  const computed = voiPresets(radiograph, distributionOnce(radiograph)).flatMap(
    ({ key, name, voi }) =>
      voi.kind === "table" || key === "1"
        ? []
        : [{ key, name: named(name, voi), window: shown(voi) }],
  );
  const own = radiograph.vois.flatMap((voi, index) =>
    voi.kind === "table"
      ? []
      : [{ key: `file ${index}`, name: named(voi.explanation ?? "File", voi), window: shown(voi) }],
  );
  return [{ key: "1", name: "As the model sees it", window: IDENTITY_WINDOW }, ...computed, ...own];
}

/** Centre and width of the straight line that a window of PS3.3 C.11.2 draws. */
function exactly({ kind, center, width }: VoiWindow): DisplayWindow {
  return kind === "linear" && width > 1
    ? { center: center - 0.5, width: width - 1 }
    : { center, width };
}
