/** The display window of the model's picture (grey levels 0..255): dragging, nudging and presets. */
import { distributionOf } from "../../image/distribution.ts";
import type { Radiograph } from "../../image/radiograph.ts";
import { dragVoi, voiPresets } from "../../image/voi.ts";
import { IDENTITY_WINDOW } from "../../state/viewStore.ts";
import type { DisplayWindow } from "../../state/viewStore.ts";

export interface DisplayPreset {
  readonly key: string;
  readonly name: string;
  readonly window: DisplayWindow;
}

const FULL_RANGE = { min: 0, max: 255, count: 2, quantile: (p: number) => 255 * p };

/** Right is wider (less contrast), down is darker: the rule of dragVoi at a range of 255 levels, four times as fast. */
export function dragWindow(
  start: DisplayWindow,
  drag: { readonly right: number; readonly down: number },
): DisplayWindow {
  const fast = { right: 4 * drag.right, down: 4 * drag.down };
  const { center, width } = dragVoi(
    { kind: "linear_exact", ...start },
    fast,
    { photometric: "MONOCHROME2" },
    FULL_RANGE,
  );
  return {
    center: Math.max(-255, Math.min(510, center)),
    width: Math.max(1, Math.min(1020, width)),
  };
}

/** Keys 1 to 5: what the model sees, then the automatic, full-range, lung and bone windows of this picture. */
export function displayPresets(image: Float32Array, size: number): readonly DisplayPreset[] {
  const radiograph: Radiograph = {
    rows: size,
    cols: size,
    values: Int32Array.from(image, (value) => Math.round(value * 255)),
    bitsStored: 8,
    photometric: "MONOCHROME2",
    vois: [],
    pixelAspect: 1,
    notices: [],
    source: "png",
  };
  const computed = voiPresets(radiograph, distributionOf(radiograph)).flatMap(
    ({ key, name, voi }) =>
      voi.kind === "table" ? [] : [{ key, name, window: { center: voi.center, width: voi.width } }],
  );
  return [{ key: "1", name: "As the model sees it", window: IDENTITY_WINDOW }, ...computed];
}
