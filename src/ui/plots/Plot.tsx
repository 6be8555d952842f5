/** The one host of what plotly.js draws: draws a PlotSpec with plotly.js, follows its size and the theme, and says it in words. */
import { useEffect, useRef, useState } from "react";
import { usePage, useResults, useStores } from "../context/stores.ts";
import { toErrorData } from "../../errors/labError.ts";
import { useExtent } from "../kit/useExtent.ts";
import { createDrawQueue } from "./drawQueue.ts";
import type { Drawable } from "./drawable.ts";
import { noteDrawing, purgeWhenDrawn } from "./drawings.ts";
import { loadPlotter } from "./plotly.ts";
import { readTheme } from "./readTheme.ts";
import { spokenPlot } from "./spokenPlot.ts";
import styles from "./plots.module.css";

const queue = createDrawQueue<HTMLElement>({
  now: () => performance.now(),
  wait: (ms, callback) => setTimeout(callback, ms),
});

/** What plotly needs no account, logo or network for. */
const CONFIG = {
  displaylogo: false,
  displayModeBar: false,
  showTips: false,
  doubleClick: "reset",
} as const;

export interface PlotScales {
  readonly logX: boolean;
  readonly logY: boolean;
}

interface PlotProps {
  readonly testId?: string;
  readonly spec: Drawable;
  readonly scales: PlotScales;
}

/** Drawn anew, with the inks of the page, when that turns light or dark. */
export function Plot(props: PlotProps) {
  const isLight = usePage((s) => s.isLight);
  return <Drawn key={isLight ? "light" : "dark"} {...props} />;
}

function Drawn(props: PlotProps) {
  const { testId, spec, scales } = props;
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useExtent(host);
  const { results } = useStores();
  // Loading it competes with the model for a small machine: the first answer comes first.
  const isTime = useResults((s) => s.stages.readout !== undefined || s.error !== null);
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    const element = host.current;
    if (!element || !isTime || width === 0 || height === 0) return;
    let isCurrent = true;
    loadPlotter().then(
      ({ plotly, drawn }) => {
        if (!isCurrent) return;
        queue.request(element, () => {
          const form = { width, height, ...scales };
          const { data, layout } = drawn(spokenPlot(spec), readTheme(element), form);
          const made = plotly.react(element, data, layout, CONFIG);
          noteDrawing(element, made);
          void made.then(() => setDrawn(true));
        });
      },
      (error: unknown) => {
        if (isCurrent) results.getState().refuse(toErrorData(error));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [spec, scales, width, height, isTime, results]);
  useEffect(() => {
    const element = host.current;
    return () => {
      if (!element) return;
      queue.forget(element);
      loadPlotter().then(
        ({ plotly }) => purgeWhenDrawn(plotly, element),
        () => {},
      );
    };
  }, []);
  return (
    <div
      ref={host}
      className={styles.host}
      role="img"
      aria-label={spec.description}
      data-testid={testId}
      data-drawn={isDrawn}
    />
  );
}
