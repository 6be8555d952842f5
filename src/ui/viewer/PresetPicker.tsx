/** Display windows on keys 1 to 5. */
import { useMemo } from "react";
import { useCases, useExperiment, useStores, useView } from "../context/stores.ts";
import { Select } from "../kit/Select.tsx";
import { usePanePicture } from "./usePaneLayers.ts";
import styles from "./viewer.module.css";
import { useFilmScale } from "../picture/useDetail.ts";
import { displayPresets, filmPresets } from "../picture/windowDrag.ts";
import type { DisplayPreset } from "../picture/windowDrag.ts";

export function useDisplayPresets(): readonly DisplayPreset[] {
  const { clean, size } = usePanePicture();
  const source = useExperiment((s) => s.spec.case);
  const film = useCases((s) => (source.kind === "file" ? s.radiographs[source.sha256] : undefined));
  const scale = useFilmScale();
  const isFull = useView((s) => s.fullResolution || s.layout === "film");
  return useMemo(() => {
    if (isFull && film && scale) return filmPresets(film, scale);
    return clean && size > 0 ? displayPresets(clean) : [];
  }, [isFull, film, scale, clean, size]);
}

export function PresetPicker() {
  const { view } = useStores();
  const window = useView((s) => s.window);
  const presets = useDisplayPresets();
  const active = presets.find(
    (preset) => preset.window.center === window.center && preset.window.width === window.width,
  );
  return (
    <Select
      className={styles.preset}
      aria-label="Display window preset"
      title="Display window: what you see. The model is not given it. Full resolution brings back what the model’s window clipped."
      value={active?.key ?? ""}
      onChange={(event) => {
        const chosen = presets.find(({ key }) => key === event.currentTarget.value);
        if (chosen) view.getState().set({ window: chosen.window });
      }}
    >
      {!active && <option value="">{presets.length > 0 ? "Display: dragged" : "Display"}</option>}
      {presets.map(({ key, name }) => (
        <option key={key} value={key}>
          {key.length === 1 ? `${key}  ${name}` : name}
        </option>
      ))}
    </Select>
  );
}
