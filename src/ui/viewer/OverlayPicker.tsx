/** What lies over the radiographs: attention by layer and head, and outlines of the ground truth. */
import { useResults, useStores, useView } from "../app/stores.ts";
import { Hint } from "../app/Hint.tsx";
import { Icon } from "../app/icons.tsx";
import controls from "../controls/controls.module.css";
import type { AttentionChoice } from "../../state/viewStore.ts";
import { decimal } from "../panels/formats.ts";
import { layerName } from "./attentionMap.ts";
import styles from "./viewer.module.css";

export function OverlayPicker() {
  const { view } = useStores();
  const attention = useView((s) => s.attention);
  const opacity = useView((s) => s.overlayOpacity);
  const showMasks = useView((s) => s.showMasks);
  const layers = useResults((s) => s.stages.clean?.payload.attention);
  const truth = useResults((s) => s.stages.input?.payload.truth);
  const set = view.getState().set;
  const layer =
    attention?.source === "layer" ? layers?.find(({ tap }) => tap === attention.tap) : undefined;
  const choose = (value: string) => set({ attention: choiceOf(value) });
  return (
    <span className={styles.overlays}>
      <select
        className={controls.select}
        aria-label="Attention overlay"
        value={
          attention ? (attention.source === "layer" ? attention.tap : attention.source) : "none"
        }
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="none">
          {layers?.length === 0 ? "No attention in this model" : "No attention"}
        </option>
        {layers?.length !== 0 && <option value="rollout">Attention rollout</option>}
        {layers?.some(({ kind }) => kind === "cross") && (
          <option value="relevance">What the answer hangs on (gradient x attention)</option>
        )}
        {layers?.map((entry) => (
          <option key={entry.tap} value={entry.tap}>
            {layerName(entry)}
          </option>
        ))}
      </select>
      {layer && attention?.source === "layer" && (
        <select
          className={controls.select}
          aria-label="Attention head"
          value={String(attention.head)}
          onChange={(event) => {
            const { value } = event.currentTarget;
            set({ attention: { ...attention, head: value === "mean" ? "mean" : Number(value) } });
          }}
        >
          <option value="mean">Mean of heads</option>
          {Array.from({ length: layer.heads }, (_, head) => (
            <option key={head} value={head}>{`Head ${head + 1}`}</option>
          ))}
        </select>
      )}
      {attention && (
        <input
          className={`${controls.slider} ${styles.opacity}`}
          type="range"
          aria-label="Overlay opacity"
          aria-valuetext={`${Math.round(opacity * 100)} percent`}
          style={{ "--fill": `${opacity * 100}%` } as React.CSSProperties}
          min={0}
          max={1}
          step={0.05}
          value={opacity}
          onChange={(event) => set({ overlayOpacity: Number(event.currentTarget.value) })}
        />
      )}
      {attention && <Agreement choice={attention} />}
      {truth && (
        <Hint text="Outline of the findings the phantom really has (G)">
          <button
            type="button"
            className={controls.button}
            aria-label="Ground truth outlines"
            aria-pressed={showMasks}
            onClick={() => set({ showMasks: !showMasks })}
          >
            <Icon name="mask" />
          </button>
        </Hint>
      )}
    </span>
  );
}

/** How alike the two maps are that lie over the pictures; heads share the figure of their layer's mean. */
function Agreement({ choice }: { readonly choice: AttentionChoice }) {
  const metrics = useResults((s) => s.stages.metrics?.payload);
  if (!metrics) return null;
  const ssim =
    choice.source === "relevance"
      ? undefined
      : choice.source === "rollout"
        ? metrics.rolloutSsim
        : metrics.attentionSsim.find(({ tap }) => tap === choice.tap)?.ssim;
  if (ssim === undefined || Number.isNaN(ssim)) return null;
  const isHead = choice.source === "layer" && choice.head !== "mean";
  return (
    <Hint text="Structural similarity of the clean and the disturbed attention map; 1 is the same.">
      <span className={styles.agreement}>
        {isHead ? "layer SSIM" : "SSIM"} <b>{decimal(ssim, 3)}</b>
      </span>
    </Hint>
  );
}

function choiceOf(value: string): AttentionChoice | null {
  if (value === "none") return null;
  return value === "rollout" || value === "relevance"
    ? { source: value }
    : { source: "layer", tap: value, head: "mean" };
}
