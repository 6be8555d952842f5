/** The Gaussian robustness score: its anytime-valid lower bound tightening as noisy samples stream in. */
import type { CertificateResult } from "../../experiment/results.ts";
import { decimal } from "../panels/formats.ts";
import { PlotFrame } from "./PlotFrame.tsx";
import styles from "./plots.module.css";
import { linePath } from "./scale.ts";

export function ScorePlot({ certificate }: { readonly certificate: CertificateResult }) {
  const { history, score, scoreLower, n, maxSamples } = certificate;
  const lowest = history.scoreLower[0] ?? scoreLower;
  const floor = Math.max(0, Math.floor(10 * Math.min(lowest, scoreLower)) / 10);
  return (
    <>
      <p className={styles.statement}>
        Clean picture under noise: on average at least{" "}
        <b data-kind="proved">{decimal(scoreLower, 2)}</b> similar, {n} of {maxSamples} copies
      </p>
      <PlotFrame
        testId="score-plot"
        description={`Lower bound of the robustness score: ${decimal(scoreLower, 4)} after ${n} of ${maxSamples} samples; mean ${decimal(score, 4)}.`}
        xDomain={[0, Math.max(n, maxSamples)]}
        yDomain={[Math.min(floor, 0.9), 1]}
        xTitle="noisy samples n"
        yTitle="score"
      >
        {({ x, y, width }) => (
          <>
            <line
              x2={width}
              y1={y(score)}
              y2={y(score)}
              stroke="var(--faint)"
              strokeDasharray="3 3"
            />
            <path
              className={styles.curve}
              d={linePath(history.n, history.scoreLower, x, y)}
              stroke="var(--clean)"
            />
            <circle cx={x(n)} cy={y(scoreLower)} r="3" fill="var(--clean)" />
          </>
        )}
      </PlotFrame>
    </>
  );
}
