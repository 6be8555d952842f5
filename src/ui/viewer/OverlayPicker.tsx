/** What lies over the radiographs: attention by layer and head, and outlines of the ground truth. */
import { useMemo } from "react";
import { useTitles } from "../context/useTitles.ts";
import { useHidden } from "../context/useHidden.ts";
import {
  useExperiment,
  useResultValues,
  useResults,
  useStores,
  useView,
} from "../context/stores.ts";
import { Hint } from "../kit/Hint.tsx";
import { Icon } from "../kit/icons.tsx";
import { Button } from "../kit/Button.tsx";
import { Select } from "../kit/Select.tsx";
import { Slider } from "../kit/Slider.tsx";
import type { AttentionLayer } from "../../model/visionLanguageModel.ts";
import type { AttentionChoice, MapChoice } from "../../state/viewStore.ts";
import { decimal } from "../kit/formats.ts";
import {
  NO_ATTENTION,
  hasAttention,
  layerName,
  layerOf,
  shownChoice,
} from "../picture/attentionMap.ts";
import styles from "./viewer.module.css";

export function OverlayPicker() {
  const { view } = useStores();
  const title = useTitles();
  const attention = useView((s) => s.attention);
  const opacity = useView((s) => s.overlayOpacity);
  const showMasks = useView((s) => s.showMasks);
  const readout = useResults((s) => s.stages.clean?.payload);
  const layers = readout?.attention;
  // Where the model looks, and how far that moved, speak of its answer.
  const isBlind = useHidden("answers");
  const isTruthHidden = useHidden("truth");
  const truth = useResults(
    ({ stages: { input } }) => input?.payload.truth ?? input?.payload.marked,
  );
  const isPhantom = useExperiment((s) => s.spec.case.kind === "phantom");
  const isMute = readout !== undefined && !hasAttention(readout);
  const set = view.getState().set;
  const measured = useMeasuredMaps();
  const shown = attention && readout ? shownChoice(attention, readout) : attention;
  const layer = shown?.source === "layer" ? layerOf(shown, layers ?? []) : undefined;
  const choose = (value: string) => {
    const picked = layers?.find((entry) => layerKey(entry) === value);
    const map = measured.find(({ key }) => key === value);
    set({ attention: map?.choice ?? (picked ? layerChoice(picked) : otherChoice(value)) });
  };
  if (isBlind) return <span className={styles.overlays} />;
  return (
    <span className={styles.overlays} data-overlays="">
      <Select
        className={styles.which}
        aria-label="Attention overlay"
        value={
          shown?.source === "map"
            ? mapKey(shown)
            : layer
              ? layerKey(layer)
              : isMute
                ? "none"
                : (shown?.source ?? "none")
        }
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {!readout && shown?.source === "layer" && <option value="layer">Attention</option>}
        <option value="none">{isMute ? NO_ATTENTION : "No attention"}</option>
        {!isMute && readout?.rollout.length !== 0 && (
          <option value="rollout">Attention rollout</option>
        )}
        {layers?.some(({ kind }) => kind === "cross") && (
          <option value="relevance">Answer relevance</option>
        )}
        {layers?.map((entry) => (
          <option key={layerKey(entry)} value={layerKey(entry)}>
            {layerName(entry)}
          </option>
        ))}
        {shown?.source === "map" && !measured.some(({ key }) => key === mapKey(shown)) && (
          <option value={mapKey(shown)}>Measured map: to come</option>
        )}
        {measured.map(({ key, label }) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </Select>
      {/* What follows stands in its place before there is anything to choose: nothing moves when the answer comes. */}
      {shown?.source === "layer" && (
        <Select
          aria-label="Attention head"
          value={String(shown.head)}
          disabled={!layer}
          onChange={(event) => {
            const { value } = event.currentTarget;
            set({ attention: { ...shown, head: value === "mean" ? "mean" : Number(value) } });
          }}
        >
          <option value="mean">All heads</option>
          {Array.from({ length: layer?.heads ?? 0 }, (_, head) => (
            <option key={head} value={head}>{`Head ${head + 1}`}</option>
          ))}
        </Select>
      )}
      {attention && (!isMute || attention.source === "map") && (
        <Slider
          className={styles.opacity}
          aria-label="Overlay opacity"
          aria-valuetext={`${Math.round(opacity * 100)} percent`}
          min={0}
          max={1}
          step={0.05}
          value={opacity}
          onChange={(overlayOpacity) => set({ overlayOpacity })}
        />
      )}
      {shown && <Agreement choice={shown} />}
      {(truth ?? isPhantom) && !isTruthHidden && (
        <Hint text={title("truth")}>
          <Button
            aria-label="Ground truth outlines"
            aria-pressed={showMasks}
            disabled={!truth}
            onClick={() => set({ showMasks: !showMasks })}
          >
            <Icon name="mask" />
          </Button>
        </Hint>
      )}
    </span>
  );
}

/** How alike the two maps are that lie over the pictures; heads share the figure of their layer's mean. */
function Agreement({ choice }: { readonly choice: AttentionChoice }) {
  const metrics = useResults((s) => s.stages.metrics?.payload);
  if (choice.source === "relevance" || choice.source === "map") return null;
  const ssim =
    choice.source === "rollout"
      ? metrics?.rolloutSsim
      : layerOf(choice, metrics?.attentionSsim ?? [])?.ssim;
  if (metrics && (ssim === undefined || Number.isNaN(ssim))) return null;
  const isHead = choice.source === "layer" && choice.head !== "mean";
  return (
    <Hint
      text={`How alike the two attention maps are${isHead ? ", averaged over the layer’s heads" : ""} (structural similarity, SSIM); 1 is the same map.`}
    >
      <Button look="term" className={styles.agreement}>
        {isHead ? "Layer overlap" : "Overlap"} <b>{ssim === undefined ? "…" : decimal(ssim, 2)}</b>
      </Button>
    </Hint>
  );
}

/** Maps that instruments have made for the experiment on the bench. */
function useMeasuredMaps() {
  const instruments = useExperiment((s) => s.spec.instruments);
  const found = useResultValues(({ stages }) =>
    instruments.map(({ instrument, enabled }) =>
      enabled ? stages[`instrument:${instrument}`]?.payload.maps : undefined,
    ),
  );
  return useMemo(
    () =>
      instruments.flatMap(({ instrument }, k) =>
        (found[k] ?? []).map(({ id, label }) => {
          const choice = { source: "map", instrument, map: id } as const;
          return { key: mapKey(choice), label, choice };
        }),
      ),
    [found, instruments],
  );
}

function mapKey({ instrument, map }: MapChoice): string {
  return `map.${instrument}.${map}`;
}

function layerKey({ kind, layer }: Pick<AttentionLayer, "kind" | "layer">): string {
  return `${kind}-${layer}`;
}

function layerChoice({ kind, layer }: AttentionLayer): AttentionChoice {
  return { source: "layer", kind, layer, head: "mean" };
}

function otherChoice(value: string): AttentionChoice | null {
  return value === "rollout" || value === "relevance" ? { source: value } : null;
}
