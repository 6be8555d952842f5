/**
 * A plot in its panel on the bench, drawn by the page at once: what streams in costs a few paths. plotly.js, which took the page's
 * thread for a second when it was loaded and for longer than a frame with each new value, is kept for the enlarged plot.
 */
import { memo, useMemo, useRef, useState } from "react";
import type { PointerEvent } from "react";
import { useExtent } from "../kit/useExtent.ts";
import { Drawing } from "./Drawing.tsx";
import type { PlotScales } from "./Plot.tsx";
import type { PlotSpec } from "./plotSpec.ts";
import { smallPlot } from "./plotPaths.ts";
import { spokenPlot } from "./spokenPlot.ts";
import figures from "./figures.module.css";
import styles from "./plots.module.css";

/** Below this height the curve keeps the room: the lower axis is named inside the plot, the other by the panel's heading. */
const COMPACT_HEIGHT = 105;
const TITLE = 13;

/** Drawn anew where the plot or its size changes, not where words beside it do. */
export const PanelPlot = memo(function PanelPlot(props: {
  readonly testId: string;
  readonly spec: PlotSpec;
  readonly scales: PlotScales;
}) {
  const { testId, spec, scales } = props;
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useExtent(host);
  const isCompact = height < COMPACT_HEIGHT;
  const above = isCompact ? 0 : TITLE;
  const inner = height - (isCompact ? 0 : 2 * TITLE);
  // In one piece: words that are split over lines can't be looked up.
  const spoken = useMemo(() => spokenPlot(spec), [spec]);
  const plot = useMemo(
    () => (width > 0 && inner > 30 ? smallPlot(spoken, { width, height: inner, ...scales }) : null),
    [spoken, scales, width, inner],
  );
  const [pointer, setPointer] = useState<readonly [number, number] | null>(null);
  const near = pointer && plot?.nearest(pointer[0], pointer[1] - above);
  const follow = ({ currentTarget, clientX, clientY }: PointerEvent) => {
    const { left, top } = currentTarget.getBoundingClientRect();
    setPointer([clientX - left, clientY - top]);
  };
  return (
    <div
      ref={host}
      className={styles.host}
      data-testid={testId}
      data-drawn={plot !== null}
      role="img"
      aria-label={spec.description}
      onPointerMove={follow}
      onPointerLeave={() => setPointer(null)}
    >
      {plot && (
        <svg className={figures.plot} width={width} height={height} aria-hidden="true">
          {!isCompact && (
            <text x={2} y={TITLE - 3}>
              {spec.y.title}
            </text>
          )}
          <g transform={`translate(0 ${above})`}>
            <Drawing plot={plot} />
            {near && (
              <g data-ink={near.ink}>
                <circle cx={near.at[0]} cy={near.at[1]} r={3.5} />
                <text x={plot.box.right} y={plot.box.bottom - 6} textAnchor="end">
                  {`${near.name}: ${near.x}, ${near.y}`}
                </text>
              </g>
            )}
          </g>
          {!(isCompact && near) && (
            <text
              className={figures.title}
              x={isCompact ? plot.box.right - 4 : width - 10}
              y={isCompact ? plot.box.bottom - 4 : height - 4}
              textAnchor="end"
            >
              {spec.x.title}
            </text>
          )}
        </svg>
      )}
    </div>
  );
});
