/**
 * The chart of one measure: estimates (a line with its band over numbers, bars over names, a map over two axes of names), or
 * every run for itself, as boxes or against another measure.
 */
import { useEffect, useMemo, useRef, useState } from "react";
import { figureOf } from "../../study/figures.ts";
import { plotlyFigure } from "../../study/figurePlotly.ts";
import { isMeasureId, measure } from "../../study/measures.ts";
import type { MeasureId } from "../../study/measures.ts";
import type { Row } from "../../study/rowColumns.ts";
import { boxFigure, scatterFigure } from "../../study/rowFigures.ts";
import type { Study } from "../../study/schema.ts";
import type { MeasureTable } from "../../study/summarize.ts";
import { toErrorData } from "../../errors/labError.ts";
import { useStores } from "../context/stores.ts";
import { Select } from "../kit/Select.tsx";
import { useExtent } from "../kit/useExtent.ts";
import { noteDrawing, purgeWhenDrawn } from "../plots/drawings.ts";
import { loadPlotter } from "../plots/plotly.ts";
import { readTheme } from "../plots/readTheme.ts";
import styles from "./studies.module.css";

/** Green, purple and olive that stand out from both a dark and a light panel. */
const MORE_COLORS = ["#3f9b62", "#a06cc4", "#9a8a1f"];

type Drawing = "estimates" | "box" | MeasureId;

export function StudyChart(props: {
  readonly study: Study;
  readonly tables: readonly MeasureTable[];
  readonly table: MeasureTable;
  readonly rows: readonly Row[];
  readonly onChoose: (measure: string) => void;
}) {
  const { study, tables, table, rows, onChoose } = props;
  const { help, type } = measure(table.measure);
  const [drawing, setDrawing] = useState<Drawing>("estimates");
  // Boxes and points are for numbers: yes and no have shares.
  const drawn = type === "number" ? drawing : "estimates";
  const figure = useMemo(() => {
    if (drawn === "estimates") return figureOf(study, table);
    if (drawn === "box") return boxFigure(study, rows, table.measure);
    return scatterFigure(study, rows, [drawn, table.measure]);
  }, [study, table, rows, drawn]);
  const host = useRef<HTMLDivElement>(null);
  const { width, height } = useExtent(host);
  const { results } = useStores();
  useEffect(() => {
    const element = host.current;
    if (!element || width === 0) return;
    let isCurrent = true;
    loadPlotter().then(
      ({ plotly }) => {
        if (!isCurrent) return;
        if (!figure) {
          void purgeWhenDrawn(plotly, element);
          return;
        }
        const { inks, text, grid, font } = readTheme(element);
        const colors = [inks.clean, inks.changed, ...MORE_COLORS, inks.neutral];
        const { data, layout } = plotlyFigure(figure, { colors, text, grid, font, width });
        const drawing = plotly.react(
          element,
          data as never,
          { ...layout, width, height },
          { displayModeBar: false, displaylogo: false },
        );
        noteDrawing(element, drawing);
      },
      (error: unknown) => {
        if (isCurrent) results.getState().refuse(toErrorData(error));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [figure, width, height, results]);
  useEffect(() => {
    const element = host.current;
    return () => {
      if (element) void loadPlotter().then(({ plotly }) => purgeWhenDrawn(plotly, element));
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
      {type === "number" && (
        <Select
          aria-label="Drawn as"
          value={drawn}
          onChange={({ currentTarget: { value } }) =>
            setDrawing(isMeasureId(value) || value === "box" ? value : "estimates")
          }
        >
          <option value="estimates">means with intervals</option>
          <option value="box">every run, as boxes</option>
          {tables
            .filter(({ measure: id }) => id !== table.measure && measure(id).type === "number")
            .map(({ measure: id }) => (
              <option key={id} value={id}>
                every run, against {measure(id).label.toLowerCase()}
              </option>
            ))}
        </Select>
      )}
      <p className={styles.note}>{help}</p>
      {!figure && <p className={styles.note}>No run has these numbers yet.</p>}
      <div
        ref={host}
        className={styles.plot}
        role="img"
        aria-label={`${measure(table.measure).label}; the table beside it has the numbers.`}
      />
    </section>
  );
}
