/** A slider for one number of the experiment. A drag is one gesture: previews while it moves, the full run on release. */
import { useId } from "react";
import { wordsFor } from "../../system/param.ts";
import type { ParamMeta } from "../../system/param.ts";
import { useStores } from "../context/stores.ts";
import { Row } from "../kit/Row.tsx";
import { Select } from "../kit/Select.tsx";
import { Term } from "../kit/Term.tsx";
import { Slider } from "../kit/Slider.tsx";
import styles from "../kit/field.module.css";
import { decimal } from "../../numerics/decimalText.ts";

interface ParamProps {
  /** What the number belongs to: the accessible name is "context: label". */
  readonly context: string;
  readonly meta: ParamMeta;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly accent?: "clean" | "disturbed";
  readonly disabled?: boolean;
  readonly id?: string;
}

export function ParamSlider(props: ParamProps) {
  return props.meta.choiceNames ? <ParamMenu {...props} /> : <NumberSlider {...props} />;
}

/** Choices that have names: a number would say nothing. */
function ParamMenu({ context, meta, value, onChange, disabled = false }: ParamProps) {
  const { label, help, choices = [], choiceNames = [] } = meta;
  return (
    <Row label={label} help={help}>
      <Select
        aria-label={`${context}: ${label}`}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(Number(event.currentTarget.value))}
      >
        {choices.map((choice, k) => (
          <option key={choice} value={choice}>
            {choiceNames[k]}
          </option>
        ))}
      </Select>
    </Row>
  );
}

function NumberSlider(props: ParamProps) {
  const { context, meta, value, onChange, accent, disabled = false } = props;
  const { experiment } = useStores();
  const ownId = useId();
  const id = props.id ?? ownId;
  const words = wordsFor(meta, value);

  const beginGesture = () => {
    experiment.getState().beginGesture();
    const end = () => {
      experiment.getState().endGesture();
      globalThis.removeEventListener("pointerup", end);
      globalThis.removeEventListener("pointercancel", end);
    };
    globalThis.addEventListener("pointerup", end);
    globalThis.addEventListener("pointercancel", end);
  };

  return (
    <div className={styles.param} data-term-scope>
      <label className={styles.label} htmlFor={id}>
        <Term label={meta.label} help={meta.help} />
      </label>
      <output className={styles.value} htmlFor={id}>
        {formatNumber(value, meta.step)}
        {meta.unit !== "" && <span className={styles.unit}>{meta.unit}</span>}
        {words && <span className={styles.unit}>{words}</span>}
      </output>
      <Slider
        id={id}
        className={styles.track}
        aria-label={`${context}: ${meta.label}`}
        aria-valuetext={[
          formatNumber(value, meta.step),
          spokenUnit(meta.unit),
          words ? `(${words})` : "",
        ]
          .filter(Boolean)
          .join(" ")}
        accent={accent}
        min={meta.min}
        max={meta.max}
        step={meta.step}
        value={value}
        disabled={disabled}
        onPointerDown={beginGesture}
        onDoubleClick={() => onChange(meta.default)}
        onChange={onChange}
      />
    </div>
  );
}

/** As many decimals as the step has. */
export function formatNumber(value: number, step: number): string {
  const decimals = step >= 1 ? 0 : Math.min(4, Math.ceil(-Math.log10(step) - 1e-9));
  const exact = decimals === 1 && Math.round(step * 100) % 10 !== 0 ? 2 : decimals;
  return decimal(value, exact);
}

function spokenUnit(unit: string): string {
  return unit === "/255" ? "of 255 grey levels" : unit;
}
