/** The chart of one measure: a line with its band over numbers, bars over names, a map over two axes of names. */
import { useEffect, useMemo, useRef } from "react";
import { figureOf } from "../../study/figures.ts";
import { plotlyFigure } from "../../study/figurePlotly.ts";
import { isMeasureId, measure } from "../../study/measures.ts";
import type { Study } from "../../study/schema.ts";
import type { MeasureTable } from "../../study/summarize.ts";
import { toErrorData } from "../../errors/labError.ts";
import { useStores } from "../context/stores.ts";
import { Select } from "../kit/Select.tsx";
import { useExtent } from "../kit/useExtent.ts";
import { loadPlotter } from "../plots/plotly.ts";
import { readTheme } from "../plots/readTheme.ts";
import styles from "./studies.module.css";

export function StudyChart(props: {
  readonly study: Study;
  readonly tables: readonly MeasureTable[];
  readonly table: MeasureTable;
  readonly onChoose: (measure: string) => void;
}) {
  const { study, tables, table, onChoose } = props;
  const { help } = measure(table.measure);
  const figure = useMemo(() => figureOf(study, table), [study, table]);
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useExtent(host);
  const { results } = useStores();
  useEffect(() => {
    const element = host.current;
    if (!element || !figure || width === 0) return;
    loadPlotter().then(
      ({ plotly }) => {
        const { inks, text, grid, font } = readTheme(element);
        const colours = [inks.clean, inks.changed, "#8fd3a8", "#c9a0dc", "#d9cf7a", inks.neutral];
        const { data, layout } = plotlyFigure(figure, { colours, text, grid, font });
        void plotly.react(
          element,
          data as never,
          { ...layout, width, height },
          { displayModeBar: false, displaylogo: false },
        );
      },
      (error: unknown) => results.getState().refuse(toErrorData(error)),
    );
  }, [figure, width, height, results]);
  useEffect(() => {
    const element = host.current;
    return () => {
      if (element) void loadPlotter().then(({ plotly }) => plotly.purge(element));
    };
  }, []);
  return (
    <section aria-label="Chart of the study" className={styles.chart}>
      <Select
        aria-label="Measure"
        value={table.measure}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (isMeasureId(value)) onChoose(value);
        }}
      >
        {tables.map(({ measure: id }) => (
          <option key={id} value={id}>
            {measure(id).label}
          </option>
        ))}
      </Select>
      <p className={styles.note}>{help}</p>
      <div
        ref={host}
        className={styles.plot}
        role="img"
        aria-label={`${measure(table.measure).label}; the table beside it has the numbers.`}
      />
    </section>
  );
}
