/**
 * The plot in an instrument's card: lines with their names beneath, drawn by the page at once. plotly.js takes many times as
 * long and is kept for the enlarged plot, where its zoom and its values are of use.
 */
import { useMemo, useRef } from "react";
import type { PlotScales } from "../plots/Plot.tsx";
import type { PlotSpec } from "../plots/plotSpec.ts";
import { useExtent } from "../kit/useExtent.ts";
import { smallPlot } from "./plotPaths.ts";
import type { DrawnPlot, DrawnSeries } from "./plotPaths.ts";
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
        {plot && <Axes plot={plot} />}
        {plot?.series.map((series) => (
          <Line key={series.name} series={series} />
        ))}
      </svg>
      <p className={styles.axis} data-side="x">
        {spec.x.title}
      </p>
      {spec.series.length > 1 && <Legend series={spec.series} />}
    </div>
  );
}

function Axes({ plot: { box, x, y } }: { readonly plot: DrawnPlot }) {
  const { left, right, top, bottom } = box;
  return (
    <>
      {y.map(({ at, label }) => (
        <g key={label}>
          <line x1={left} x2={right} y1={at} y2={at} />
          <text x={left - 5} y={at + 3.5} textAnchor="end">
            {label}
          </text>
        </g>
      ))}
      {x.map(({ at, label }) => (
        <g key={label}>
          <line x1={at} x2={at} y1={bottom} y2={bottom + 4} />
          <text x={at} y={bottom + 15} textAnchor="middle">
            {label}
          </text>
        </g>
      ))}
      <path className={styles.frame} d={`M${left} ${top}V${bottom}H${right}`} />
    </>
  );
}

function Line({ series }: { readonly series: DrawnSeries }) {
  const { name, ink, dash, line, band, points = [], bars = [] } = series;
  return (
    <g data-ink={ink} data-dash={dash}>
      <title>{name}</title>
      {band && <path className={styles.band} d={band} />}
      {line && <path className={styles.line} d={line} />}
      {points.map(([x, y]) => (
        <circle key={`${x} ${y}`} cx={x} cy={y} r={3} />
      ))}
      {bars.map(({ x, y, width, height }) => (
        <rect key={x} x={x} y={y} width={width} height={height} />
      ))}
    </g>
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
