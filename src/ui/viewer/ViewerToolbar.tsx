/** The row above the viewers: layout, tools, display window and overlays. */
import { Icon } from "../kit/icons.tsx";
import { IconButton } from "../kit/IconButton.tsx";
import { useTitles } from "../context/useTitles.ts";
import { useHistory } from "../context/useHistory.ts";
import { useExperiment, useStores, useView } from "../context/stores.ts";
import { Segments } from "../kit/Segments.tsx";
import type { Segment } from "../kit/Segments.tsx";
import type { Layout, ToolName } from "../../state/viewStore.ts";
import { FACES, isFilmTool } from "./tools/toolFaces.ts";
import type { ToolFace } from "./tools/toolFaces.ts";
import { toggleMaximized } from "./maximize.ts";
import { PresetPicker } from "./PresetPicker.tsx";
import styles from "./viewer.module.css";

const LAYOUTS: readonly Segment<Layout>[] = [
  { value: "film", shown: "Film", name: "The whole film" },
  { value: "single", shown: "1", name: "One viewer" },
  { value: "pair", shown: "A B", name: "Clean and disturbed" },
  { value: "triple", shown: "A B Δ", name: "Clean, disturbed and difference" },
  {
    value: "quad",
    shown: "4",
    name: "Four viewers: bare pictures above, what lies over them below",
  },
];

const PAINTS: readonly ToolName[] = ["brush", "eraser"];
const TOOL_NAMES = Object.keys(FACES) as ToolName[];
const ON_PANES = TOOL_NAMES.filter((name) => !isFilmTool(name));
const ON_FILM = TOOL_NAMES.filter((name) => !PAINTS.includes(name));
/** A phantom is given as a whole. */
const ON_PHANTOM = ON_FILM.filter((name) => name !== "square");

export function ViewerToolbar() {
  const { view } = useStores();
  const title = useTitles();
  const face = (value: ToolName): Segment<ToolName> => {
    const { name, icon, command }: ToolFace = FACES[value];
    const shown = <Icon name={icon} />;
    return { value, shown, name: command && command !== "window" ? title(command) : name };
  };
  const layout = useView((s) => s.layout);
  const tool = useView((s) => s.tool);
  const isFile = useExperiment((s) => s.spec.case.kind === "file");
  // Where the tool in hand can do nothing, a drag moves the display window, and the toolbar says so.
  const cannotWork =
    layout === "film" ? PAINTS.includes(tool) || (tool === "square" && !isFile) : isFilmTool(tool);
  const inHand = cannotWork ? "window" : tool;
  const invert = useView((s) => s.invert);
  const isMaximized = useView((s) => s.maximized !== null);
  const magnifier = useView((s) => s.magnifier);
  const history = useHistory();
  const set = view.getState().set;
  return (
    <div className={styles.toolbar} data-layout={layout} role="toolbar" aria-label="Viewer tools">
      <Segments
        label="Layout"
        segments={LAYOUTS}
        value={layout}
        onChange={(layout) => set({ layout })}
      />
      <Segments
        label="Pointer tool"
        segments={(layout === "film" ? (isFile ? ON_FILM : ON_PHANTOM) : ON_PANES).map(face)}
        value={inHand}
        onChange={(tool) => set({ tool })}
      />
      <span className={styles.gap} />
      <PresetPicker />
      <IconButton
        name={title("invert")}
        icon="invert"
        pressed={invert}
        onPress={() => set({ invert: !invert })}
      />
      <IconButton
        name={title("magnifier")}
        icon="lens"
        pressed={magnifier}
        onPress={() => set({ magnifier: !magnifier })}
      />
      <IconButton
        name={title("maximize")}
        icon="maximize"
        data-maximize=""
        pressed={isMaximized}
        onPress={() => toggleMaximized(view)}
      />
      <IconButton name={title("reset")} icon="reset" onPress={() => view.getState().resetView()} />
      <IconButton
        name={named(title("undo"), history.undoName)}
        icon="undo"
        disabled={!history.canUndo}
        onPress={history.undo}
      />
      <IconButton
        name={named(title("redo"), history.redoName)}
        icon="redo"
        disabled={!history.canRedo}
        onPress={history.redo}
      />
    </div>
  );
}

/** With what it takes back, or makes again, before its key. */
function named(title: string, name: string): string {
  return name === "" ? title : title.replace(" (", `: ${name} (`);
}
