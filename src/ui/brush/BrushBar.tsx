/** Size and grey value of the brush, and a way to wipe the paint. */
import { PARAMS } from "../../experiment/params.ts";
import type { ParamMeta } from "../../system/param.ts";
import { editItem } from "../../state/specEdits.ts";
import { useExperiment, useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Slider } from "../kit/Slider.tsx";
import { paintedPatch } from "./paintedPatch.ts";
import styles from "./brush.module.css";
import { decimal } from "../../numerics/decimalText.ts";

export function BrushBar() {
  const { experiment, view } = useStores();
  const brush = useView((s) => s.brush);
  const patch = useExperiment((s) => paintedPatch(s.spec.stack));
  const set = (values: Partial<typeof brush>) =>
    view.getState().set({ brush: { ...brush, ...values } });
  return (
    <span className={styles.bar} role="group" aria-label="Brush">
      <BrushSlider
        text="Size"
        meta={PARAMS["stroke.radius"]}
        value={brush.radius}
        spoken={`${decimal(brush.radius * 200, 0)} percent of the width`}
        onChange={(radius) => set({ radius })}
      />
      <BrushSlider
        text="Grey"
        meta={PARAMS["stroke.intensity"]}
        value={brush.intensity}
        spoken={`${Math.round(brush.intensity * 100)} percent white`}
        onChange={(intensity) => set({ intensity })}
      />
      <span
        className={styles.swatch}
        aria-hidden="true"
        style={{
          background: `rgb(${[0, 0, 0].map(() => Math.round(255 * brush.intensity)).join(" ")})`,
        }}
      />
      <Button
        aria-label="Wipe paint"
        disabled={!patch?.strokes?.length}
        onClick={() => {
          if (patch)
            experiment.getState().edit(editItem(patch.id, (item) => ({ ...item, strokes: [] })));
        }}
      >
        Wipe
      </Button>
    </span>
  );
}

function BrushSlider(props: {
  readonly text: string;
  readonly meta: ParamMeta;
  readonly value: number;
  readonly spoken: string;
  readonly onChange: (value: number) => void;
}) {
  const { text, meta, value, spoken, onChange } = props;
  const { label, help, min, max, step } = meta;
  return (
    <label className={styles.slider} title={help}>
      <span>{text}</span>
      <Slider
        aria-label={label}
        aria-valuetext={spoken}
        min={min}
        max={max}
        step={step}
        value={value}
        onChange={onChange}
      />
    </label>
  );
}
