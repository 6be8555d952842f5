/** Margin and cosine over the pictures of a replay, with the place of the one that is shown and of the one that turns the answer. */
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
        aria-hidden="true"
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const share = ((event.clientX - box.left) / box.width) * WIDTH;
          onChoose(
            Math.max(
              0,
              Math.min(values.length - 1, Math.round(((share - PAD) / (WIDTH - 2 * PAD)) * last)),
            ),
          );
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
