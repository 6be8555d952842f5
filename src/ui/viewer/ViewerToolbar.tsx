/** The row above the viewers: layout, tools, display window and overlays. */
import { Icon } from "../app/icons.tsx";
import type { IconName } from "../app/icons.tsx";
import { Hint } from "../app/Hint.tsx";
import { useExperimentHistory } from "../app/useExperimentHistory.ts";
import { useStores, useView } from "../app/stores.ts";
import controls from "../controls/controls.module.css";
import type { Layout, Tool } from "../../state/viewStore.ts";
import { PresetPicker } from "./PresetPicker.tsx";
import styles from "./viewer.module.css";

const LAYOUTS: readonly {
  readonly layout: Layout;
  readonly label: string;
  readonly name: string;
}[] = [
  { layout: "single", label: "1", name: "One viewer" },
  { layout: "pair", label: "A B", name: "Clean and disturbed" },
  { layout: "triple", label: "A B Δ", name: "Clean, disturbed and difference" },
];

const TOOLS: readonly { readonly tool: Tool; readonly icon: IconName; readonly name: string }[] = [
  { tool: "window", icon: "window", name: "Display window (drag); the model is not given it" },
  { tool: "pan", icon: "pan", name: "Pan (drag)" },
  { tool: "brush", icon: "brush", name: "Brush (B)" },
  { tool: "eraser", icon: "eraser", name: "Eraser (E)" },
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
      <div className={controls.segments} role="radiogroup" aria-label="Layout">
        {LAYOUTS.map((choice) => (
          <button
            key={choice.layout}
            type="button"
            role="radio"
            className={controls.button}
            aria-checked={layout === choice.layout}
            aria-label={choice.name}
            title={choice.name}
            onClick={() => set({ layout: choice.layout })}
          >
            {choice.label}
          </button>
        ))}
      </div>
      <div className={controls.segments} role="radiogroup" aria-label="Pointer tool">
        {TOOLS.map((choice) => (
          <button
            key={choice.tool}
            type="button"
            role="radio"
            className={controls.button}
            aria-checked={tool === choice.tool}
            aria-label={choice.name}
            title={choice.name}
            onClick={() => set({ tool: choice.tool })}
          >
            <Icon name={choice.icon} />
          </button>
        ))}
      </div>
      <span className={styles.gap} />
      <PresetPicker />
      <IconToggle
        name="Invert (I)"
        icon="invert"
        pressed={invert}
        onPress={() => set({ invert: !invert })}
      />
      <IconToggle
        name="Magnifier (M)"
        icon="lens"
        pressed={magnifier}
        onPress={() => set({ magnifier: !magnifier })}
      />
      <IconAction
        name="Reset view (Space)"
        icon="reset"
        onPress={() => view.getState().resetView()}
      />
      <IconAction
        name="Undo (Ctrl+Z)"
        icon="undo"
        disabled={!history.canUndo}
        onPress={history.undo}
      />
      <IconAction
        name="Redo (Ctrl+Y)"
        icon="redo"
        disabled={!history.canRedo}
        onPress={history.redo}
      />
    </div>
  );
}

function IconToggle(props: {
  readonly name: string;
  readonly icon: IconName;
  readonly pressed: boolean;
  readonly onPress: () => void;
}) {
  return (
    <Hint text={props.name}>
      <button
        type="button"
        className={controls.button}
        aria-label={props.name}
        aria-pressed={props.pressed}
        onClick={props.onPress}
      >
        <Icon name={props.icon} />
      </button>
    </Hint>
  );
}

function IconAction(props: {
  readonly name: string;
  readonly icon: IconName;
  readonly disabled?: boolean;
  readonly onPress: () => void;
}) {
  return (
    <Hint text={props.name}>
      <button
        type="button"
        className={controls.button}
        aria-label={props.name}
        disabled={props.disabled ?? false}
        onClick={props.onPress}
      >
        <Icon name={props.icon} />
      </button>
    </Hint>
  );
}
