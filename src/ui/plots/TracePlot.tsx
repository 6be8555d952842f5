/** The attack at work: its loss at every step and the best so far. */
import { decimal } from "../panels/formats.ts";
import { PlotFrame } from "./PlotFrame.tsx";
import styles from "./plots.module.css";
import { linePath } from "./scale.ts";

export interface Trace {
  readonly loss: readonly number[];
  readonly bestLoss: readonly number[];
  readonly lossName: string;
  readonly lossUnit: string;
}

export function TracePlot({ trace }: { readonly trace: Trace }) {
  const { loss, bestLoss, lossName, lossUnit } = trace;
  const steps = loss.map((_, index) => index);
  const values = [...loss, ...bestLoss].filter((value) => Number.isFinite(value));
  const low = Math.min(...values, 0);
  const high = Math.max(...values, 0);
  const pad = 0.06 * (high - low || 1);
  const last = bestLoss.at(-1) ?? 0;
  return (
    <>
      <PlotFrame
        testId="trace-plot"
        description={`${lossName} by step: best ${decimal(last, 2)} ${lossUnit} after ${loss.length} evaluations.`}
        xDomain={[0, Math.max(1, loss.length - 1)]}
        yDomain={[low - pad, high + pad]}
        xTitle="step"
        yTitle={lossUnit || "loss"}
      >
        {({ x, y, width }) => (
          <>
            <line x2={width} y1={y(0)} y2={y(0)} stroke="var(--line-strong)" />
            <path
              className={styles.curve}
              d={linePath(steps, loss, x, y)}
              stroke="var(--muted)"
              strokeWidth="1"
            />
            <path
              className={styles.curve}
              d={linePath(steps, bestLoss, x, y)}
              stroke="var(--disturbed)"
            />
            <circle cx={x(bestLoss.length - 1)} cy={y(last)} r="3" fill="var(--disturbed)" />
          </>
        )}
      </PlotFrame>
    </>
  );
}
