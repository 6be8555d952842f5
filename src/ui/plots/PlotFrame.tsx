/** Axes, ticks and titles of a small plot; what is drawn inside comes from the caller with both scales. */
import { useRef } from "react";
import type { ReactNode } from "react";
import { useExtent } from "../viewer/useExtent.ts";
import styles from "./plots.module.css";
import { linearScale, roundTicks } from "./scale.ts";
import type { Scale } from "./scale.ts";

const MARGIN = { top: 8, right: 16, bottom: 30, left: 40 };
/** Below this height titles of axes give way to the curve; the heading names them. */
const COMPACT_HEIGHT = 105;

export interface PlotArea {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly height: number;
}

export function PlotFrame(props: {
  readonly testId?: string;
  /** What the plot says now, for readers who can't see it. */
  readonly description: string;
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly children: (area: PlotArea) => ReactNode;
}) {
  const { testId, description, xDomain, yDomain, xTitle, yTitle, children } = props;
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useExtent(host);
  const isCompact = height < COMPACT_HEIGHT;
  const bottom = isCompact ? 16 : MARGIN.bottom;
  const inner = {
    width: Math.max(10, width - MARGIN.left - MARGIN.right),
    height: Math.max(10, height - MARGIN.top - bottom),
  };
  const x = linearScale(xDomain, [0, inner.width]);
  const y = linearScale(yDomain, [inner.height, 0]);
  return (
    <div ref={host} className={styles.host}>
      {width > 0 && (
        <svg
          className={styles.plot}
          data-testid={testId}
          role="img"
          aria-label={description}
          width={width}
          height={height}
        >
          <g transform={`translate(${MARGIN.left} ${MARGIN.top})`}>
            {roundTicks(yDomain, Math.max(2, inner.height / 34)).map((tick) => (
              <g key={tick} transform={`translate(0 ${y(tick)})`}>
                <line className={styles.grid} x2={inner.width} />
                <text className={styles.tick} x={-7} dy="0.32em" textAnchor="end">
                  {tickText(tick)}
                </text>
              </g>
            ))}
            {children({ x, y, width: inner.width, height: inner.height })}
            <line className={styles.axis} y1={inner.height} y2={inner.height} x2={inner.width} />
            {roundTicks(xDomain, inner.width / 60).map((tick) => (
              <text
                key={tick}
                className={styles.tick}
                x={x(tick)}
                y={inner.height + 13}
                textAnchor="middle"
              >
                {tickText(tick)}
              </text>
            ))}
            {!isCompact && (
              <>
                <text
                  className={styles.axisTitle}
                  x={inner.width}
                  y={inner.height + 26}
                  textAnchor="end"
                >
                  {xTitle}
                </text>
                <text
                  className={styles.axisTitle}
                  transform={`translate(-31 0) rotate(-90)`}
                  textAnchor="end"
                >
                  {yTitle}
                </text>
              </>
            )}
          </g>
        </svg>
      )}
    </div>
  );
}

/** Short enough for the margin: 0.00005 is 5e−5. */
function tickText(value: number): string {
  const rounded = Number(value.toPrecision(6));
  const isTiny = rounded !== 0 && Math.abs(rounded) < 1e-3;
  return (isTiny ? rounded.toExponential() : String(rounded)).replaceAll("-", "−");
}
