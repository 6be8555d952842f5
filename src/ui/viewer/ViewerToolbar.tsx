/** The row above the viewers: layout, tools, display window and overlays. */
import { Icon } from "../kit/icons.tsx";
import { IconButton } from "../kit/IconButton.tsx";
import { useExperimentHistory } from "../context/useExperimentHistory.ts";
import { useStores, useView } from "../context/stores.ts";
import { Segments } from "../kit/Segments.tsx";
import type { Segment } from "../kit/Segments.tsx";
import type { Layout, Tool } from "../../state/viewStore.ts";
import { PresetPicker } from "./PresetPicker.tsx";
import styles from "./viewer.module.css";

const LAYOUTS: readonly Segment<Layout>[] = [
  { value: "single", shown: "1", name: "One viewer" },
  { value: "pair", shown: "A B", name: "Clean and disturbed" },
  { value: "triple", shown: "A B Δ", name: "Clean, disturbed and difference" },
];

const TOOLS: readonly Segment<Tool>[] = [
  {
    value: "window",
    shown: <Icon name="window" />,
    name: "Display window (drag); the model is not given it",
  },
  { value: "pan", shown: <Icon name="pan" />, name: "Pan (drag)" },
  { value: "brush", shown: <Icon name="brush" />, name: "Brush (B)" },
  { value: "eraser", shown: <Icon name="eraser" />, name: "Eraser (E)" },
];

export function ViewerToolbar() {
  const { view } = useStores();
  const layout = useView((s) => s.layout);
  const tool = useView((s) => s.tool);
  const invert = useView((s) => s.invert);
  const magnifier = useView((s) => s.magnifier);
  const history = useExperimentHistory();
  const set = view.getState().set;
  return (
    <div className={styles.toolbar} role="toolbar" aria-label="Viewer tools">
      <Segments
        label="Layout"
        segments={LAYOUTS}
        value={layout}
        onChange={(layout) => set({ layout })}
      />
      <Segments
        label="Pointer tool"
        segments={TOOLS}
        value={tool}
        onChange={(tool) => set({ tool })}
      />
      <span className={styles.gap} />
      <PresetPicker />
      <IconButton
        name="Invert (I)"
        icon="invert"
        pressed={invert}
        onPress={() => set({ invert: !invert })}
      />
      <IconButton
        name="Magnifier (M)"
        icon="lens"
        pressed={magnifier}
        onPress={() => set({ magnifier: !magnifier })}
      />
      <IconButton
        name="Reset view (Space)"
        icon="reset"
        onPress={() => view.getState().resetView()}
      />
      <IconButton
        name="Undo (Ctrl+Z)"
        icon="undo"
        disabled={!history.canUndo}
        onPress={history.undo}
      />
      <IconButton
        name="Redo (Ctrl+Y)"
        icon="redo"
        disabled={!history.canRedo}
        onPress={history.redo}
      />
    </div>
  );
}
