/** The inside of a plot that the page draws itself: axes, band, lines, points, bars and marks. */
import { useId } from "react";
import type { DrawnBand, DrawnMark, DrawnPlot, DrawnSeries } from "./plotPaths.ts";
import styles from "./figures.module.css";

/** So near to the right end the middle of a number would stand outside. */
const EDGE = 14;

export function Drawing({ plot }: { readonly plot: DrawnPlot }) {
  const clip = useId();
  const { left, right, top, bottom } = plot.box;
  return (
    <>
      <clipPath id={clip}>
        {/* Half a point's room, so that one on the edge stays whole. */}
        <rect
          x={left - 4}
          y={top - 4}
          width={Math.max(0, right - left + 8)}
          height={Math.max(0, bottom - top + 8)}
        />
      </clipPath>
      {plot.band && <Nothing band={plot.band} box={plot.box} />}
      <Axes plot={plot} />
      <g clipPath={`url(#${clip})`}>
        {plot.series.map((series, k) => (
          <Line key={k} series={series} />
        ))}
      </g>
      {plot.marks.map((mark) => (
        <Marked key={mark.label} mark={mark} box={plot.box} />
      ))}
    </>
  );
}

function Nothing({ band, box }: { readonly band: DrawnBand } & Pick<DrawnPlot, "box">) {
  const { from, to, label } = band;
  const middle = (box.top + box.bottom) / 2;
  return (
    <>
      <rect
        className={styles.nothing}
        x={from}
        y={box.top}
        width={to - from}
        height={Math.max(0, box.bottom - box.top)}
      />
      {label.map((words, k) => (
        <text key={words} x={(from + to) / 2} y={middle + 13 * k} textAnchor="middle">
          {words}
        </text>
      ))}
    </>
  );
}

function Marked({ mark, box }: { readonly mark: DrawnMark } & Pick<DrawnPlot, "box">) {
  const { at, label, ink, isLeft } = mark;
  return (
    <g data-ink={ink}>
      <path className={styles.line} d={`M${at} ${box.top}V${box.bottom}`} />
      <text x={at + (isLeft ? -4 : 4)} y={box.top + 10} textAnchor={isLeft ? "end" : "start"}>
        {label}
      </text>
    </g>
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
          <text x={at} y={bottom + 15} textAnchor={at > right - EDGE ? "end" : "middle"}>
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
