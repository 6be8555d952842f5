/**
 * The plot in an instrument's card: lines with their names beneath, drawn by the page at once. plotly.js takes many times as
 * long and is kept for the enlarged plot, where its zoom and its values are of use.
 */
import { useMemo, useRef } from "react";
import type { PlotScales } from "./Plot.tsx";
import type { PlotSpec } from "./plotSpec.ts";
import { useExtent } from "../kit/useExtent.ts";
import { smallPlot } from "./plotPaths.ts";
import { Drawing } from "./Drawing.tsx";
import styles from "./figures.module.css";

const HEIGHT = 150;

export function SmallPlot(props: {
  readonly testId: string;
  readonly spec: PlotSpec;
  readonly scales: PlotScales;
}) {
  const { testId, spec, scales } = props;
  const host = useRef<HTMLDivElement>(null);
  const { width } = useExtent(host);
  const plot = useMemo(
    () => (width > 0 ? smallPlot(spec, { width, height: HEIGHT, ...scales }) : null),
    [spec, scales, width],
  );
  return (
    <div ref={host} data-testid={testId} data-drawn={plot !== null}>
      <p className={styles.axis}>{spec.y.title}</p>
      <svg
        className={styles.plot}
        role="img"
        aria-label={spec.description}
        width="100%"
        height={HEIGHT}
      >
        {plot && <Drawing plot={plot} />}
      </svg>
      <p className={styles.axis} data-side="x">
        {spec.x.title}
      </p>
      {spec.series.length > 1 && <Legend series={spec.series} />}
    </div>
  );
}

function Legend({ series }: Pick<PlotSpec, "series">) {
  return (
    <ul className={styles.legend}>
      {series.map(({ name, ink, dash = false, width = 1, bars = false }) => (
        <li key={name}>
          <svg width="18" height="10" aria-hidden="true">
            <g data-ink={ink} data-dash={dash}>
              {bars || width === 0 ? (
                <rect x={5} y={1} width={8} height={8} rx={bars ? 0 : 4} />
              ) : (
                <path className={styles.line} d="M0 5H18" />
              )}
            </g>
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}
