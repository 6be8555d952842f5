/** Display windows on keys 1 to 5. */
import { useMemo } from "react";
import { useStores, useView } from "../app/stores.ts";
import controls from "../controls/controls.module.css";
import { usePanePicture } from "./usePaneLayers.ts";
import { displayPresets } from "./windowDrag.ts";
import type { DisplayPreset } from "./windowDrag.ts";

export function useDisplayPresets(): readonly DisplayPreset[] {
  const { clean, size } = usePanePicture();
  return useMemo(() => (clean && size > 0 ? displayPresets(clean, size) : []), [clean, size]);
}

export function PresetPicker() {
  const { view } = useStores();
  const window = useView((s) => s.window);
  const presets = useDisplayPresets();
  const active = presets.find(
    (preset) => preset.window.center === window.center && preset.window.width === window.width,
  );
  return (
    <select
      className={controls.select}
      aria-label="Display window preset"
      value={active?.key ?? ""}
      onChange={(event) => {
        const chosen = presets.find(({ key }) => key === event.currentTarget.value);
        if (chosen) view.getState().set({ window: chosen.window });
      }}
    >
      {!active && <option value="">{presets.length > 0 ? "Window: dragged" : "Window"}</option>}
      {presets.map(({ key, name }) => (
        <option key={key} value={key}>{`${key}  ${name}`}</option>
      ))}
    </select>
  );
}
