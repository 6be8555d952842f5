/** The one slider: a range input whose track is filled up to its value. */
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
  const { value, min, max, accent, onChange, className, ...rest } = props;
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
      onChange={(event) => onChange(Number(event.currentTarget.value))}
    />
  );
}
