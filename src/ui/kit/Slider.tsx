/** The one slider: a range input whose track is filled up to its value. */
import { useRef } from "react";
import type { ComponentProps, CSSProperties } from "react";
import styles from "./slider.module.css";

type Passed = Omit<ComponentProps<"input">, "type" | "value" | "min" | "max" | "onChange">;

export function Slider(
  props: Passed & {
    readonly value: number;
    readonly min: number;
    readonly max: number;
    readonly accent?: "clean" | "disturbed" | undefined;
    readonly onChange: (value: number) => void;
  },
) {
  const { value, min, max, accent, onChange, onPointerDown, className, ...rest } = props;
  const pressed = useRef(value);
  const share = Math.max(0, Math.min(1, (value - min) / (max - min)));
  return (
    <input
      {...rest}
      type="range"
      className={className ? `${styles.slider} ${className}` : styles.slider}
      data-accent={accent}
      style={{ "--fill": `${share * 100}%` } as CSSProperties}
      min={min}
      max={max}
      value={value}
      onPointerDown={(event) => {
        pressed.current = value;
        onPointerDown?.(event);
      }}
      // A touch moves the value at once. Where it turns out to scroll the page, it meant nothing by that.
      onPointerCancel={() => onChange(pressed.current)}
      onChange={(event) => onChange(Number(event.currentTarget.value))}
    />
  );
}
