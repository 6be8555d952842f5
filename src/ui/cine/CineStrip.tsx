/** Margin and cosine over the pictures of a replay, with the place of the one that is shown and of the one that turns the answer. */
import type { PointerEvent } from "react";
import type { FrameSequence } from "../../experiment/instruments/instrumentResult.ts";
import styles from "./cine.module.css";
import { decimal } from "../../numerics/decimalText.ts";

const WIDTH = 360;
const HEIGHT = 92;
const PAD = 6;

export function CineStrip(props: {
  readonly sequence: FrameSequence;
  readonly at: number;
  readonly onChoose: (at: number) => void;
}) {
  const { frames } = props.sequence;
  const hasMargin = frames.some(({ margin }) => margin !== null);
  return (
    <>
      {hasMargin && (
        <Curve
          {...props}
          name="Margin, logits"
          values={frames.map(({ margin }) => margin ?? NaN)}
          hasZero
        />
      )}
      <Curve
        {...props}
        name="Cosine to the clean feature"
        values={frames.map(({ cosine }) => cosine)}
      />
    </>
  );
}

function Curve(props: {
  readonly sequence: FrameSequence;
  readonly at: number;
  readonly onChoose: (at: number) => void;
  readonly name: string;
  readonly values: readonly number[];
  /** The answer turns at 0. */
  readonly hasZero?: boolean;
}) {
  const { sequence, at, onChoose, name, values, hasZero = false } = props;
  const there = values.filter(Number.isFinite);
  const low = Math.min(...there, ...(hasZero ? [0] : []));
  const high = Math.max(...there, ...(hasZero ? [0] : []));
  const last = Math.max(1, values.length - 1);
  const x = (k: number) => PAD + (k / last) * (WIDTH - 2 * PAD);
  const y = (value: number) =>
    HEIGHT - PAD - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * PAD);
  const chooseAt = ({ clientX, currentTarget }: PointerEvent<SVGSVGElement>) => {
    const box = currentTarget.getBoundingClientRect();
    const share = (((clientX - box.left) / box.width) * WIDTH - PAD) / (WIDTH - 2 * PAD);
    onChoose(Math.max(0, Math.min(values.length - 1, Math.round(share * last))));
  };
  const points = values.flatMap((value, k) =>
    Number.isFinite(value) ? [`${x(k)},${y(value)}`] : [],
  );
  return (
    <figure className={styles.curve}>
      <figcaption>
        {name}: {there.length > 0 ? `${decimal(low, 2)} to ${decimal(high, 2)}` : "none"}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="slider"
        tabIndex={0}
        aria-label={`${name}: picture`}
        aria-valuemin={0}
        aria-valuemax={values.length - 1}
        aria-valuenow={at}
        aria-valuetext={`${at + 1} of ${values.length}: ${decimal(values[at] ?? NaN, 2)}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          chooseAt(event);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) chooseAt(event);
        }}
        onKeyDown={(event) => {
          const to = keyedTo(event.key, at, values.length - 1);
          if (to === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          onChoose(to);
        }}
      >
        {hasZero && <line x1={PAD} x2={WIDTH - PAD} y1={y(0)} y2={y(0)} className={styles.zero} />}
        {sequence.flipFrame !== null && (
          <line
            x1={x(sequence.flipFrame)}
            x2={x(sequence.flipFrame)}
            y1={0}
            y2={HEIGHT}
            className={styles.flip}
          />
        )}
        <polyline points={points.join(" ")} className={styles.line} />
        {Number.isFinite(values[at]) && (
          <circle cx={x(at)} cy={y(values[at]!)} r={4} className={styles.here} />
        )}
      </svg>
    </figure>
  );
}

/** As a range input is moved by keys; undefined for any other key. */
function keyedTo(key: string, at: number, last: number): number | undefined {
  if (key === "ArrowRight" || key === "ArrowUp") return Math.min(last, at + 1);
  if (key === "ArrowLeft" || key === "ArrowDown") return Math.max(0, at - 1);
  if (key === "Home") return 0;
  return key === "End" ? last : undefined;
}
