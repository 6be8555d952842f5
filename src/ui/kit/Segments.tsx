/** One of a few, side by side. Arrow keys move the choice, and the group is one stop of the Tab key. */
import type { KeyboardEvent, ReactNode } from "react";
import { Button } from "./Button.tsx";
import styles from "./segments.module.css";

export interface Segment<T extends string> {
  readonly value: T;
  readonly shown: ReactNode;
  /** Where what is shown does not say it in words. */
  readonly name?: string;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
};

export function Segments<T extends string>(props: {
  readonly label: string;
  readonly segments: readonly Segment<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}) {
  const { label, segments, value, onChange } = props;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = STEPS[event.key];
    const at = segments.findIndex((segment) => segment.value === value);
    if (step === undefined || at < 0) return;
    const next = (at + step + segments.length) % segments.length;
    event.preventDefault();
    onChange(segments[next]!.value);
    event.currentTarget.parentElement?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div className={styles.segments} role="radiogroup" aria-label={label}>
      {segments.map((segment) => (
        <Button
          key={segment.value}
          role="radio"
          className={styles.segment}
          aria-checked={value === segment.value}
          aria-label={segment.name}
          title={segment.name}
          tabIndex={value === segment.value ? 0 : -1}
          onKeyDown={onKeyDown}
          onClick={() => onChange(segment.value)}
        >
          {segment.shown}
        </Button>
      ))}
    </div>
  );
}
