/** The fields of the model form. */
import { useId, useState } from "react";
import type { ReactNode } from "react";

export function Field(props: {
  readonly label: string;
  readonly children: (id: string) => ReactNode;
}) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
    </>
  );
}

/** A whole number; what is no number leaves the old one. */
export function Whole(props: {
  readonly id?: string;
  readonly label?: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  return (
    <input
      id={props.id}
      aria-label={props.label}
      type="number"
      min={0}
      max={4096}
      step={1}
      value={props.value}
      onChange={(event) => {
        const value = Number(event.currentTarget.value);
        if (Number.isInteger(value) && value >= 0) props.onChange(value);
      }}
    />
  );
}

/** Numbers separated by spaces or commas, taken over when all of them are numbers. */
export function Numbers(props: {
  readonly label: string;
  readonly values: readonly number[];
  readonly onChange: (values: number[]) => void;
}) {
  const { values, onChange } = props;
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <Field label={props.label}>
      {(id) => (
        <input
          id={id}
          value={typed ?? values.join(", ")}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setTyped(text);
            const numbers = text
              .split(/[\s,]+/)
              .filter(Boolean)
              .map(Number);
            if (numbers.length === values.length && numbers.every(Number.isFinite)) {
              onChange(numbers);
            }
          }}
          onBlur={() => setTyped(null)}
        />
      )}
    </Field>
  );
}
