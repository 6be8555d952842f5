/** Which outline is which finding or organ. */
import { FINDINGS } from "../../phantom/spec.ts";
import type { FindingKind } from "../../phantom/spec.ts";
import type { PaneName } from "../../state/viewStore.ts";
import { useOutlined } from "./usePaneLayers.ts";
import { maskColor } from "../picture/vectorLayers.ts";
import styles from "./viewer.module.css";

const ORGANS: Readonly<Record<string, string>> = {
  leftLung: "Left lung",
  rightLung: "Right lung",
  heart: "Heart",
};

export function OutlineLegend({ pane }: { readonly pane: PaneName }) {
  const outlined = useOutlined(pane);
  if (!outlined) return null;
  return (
    <ul className={styles.outlines} aria-label="Outlined: where findings are">
      {outlined.masks.map(([name], index) => (
        <li key={name} style={{ color: `rgb(${maskColor(index).join(" ")})` }}>
          {FINDINGS[name as FindingKind]?.label ?? ORGANS[name] ?? name}
        </li>
      ))}
    </ul>
  );
}
