/** A result as any instrument states it: sentence, quantities, plots, maps to lay over the picture, tables. */
import { Suspense, lazy, useMemo, useState } from "react";
import type {
  HeatPlot,
  InstrumentResult,
  LinePlot,
  PictureMap,
  Quantity,
  Lead,
  ResultTable,
  ExperimentChange,
} from "../../experiment/instruments/instrumentResult.ts";
import { applyChange } from "../../experiment/instruments/applyChange.ts";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { decimal } from "../kit/formats.ts";
import { Plot } from "../plots/Plot.tsx";
import { PlotMenu } from "../plots/PlotMenu.tsx";
import { drawableOf } from "./instrumentPlot.ts";
import styles from "./instruments.module.css";

const PlotDialog = lazy(() =>
  loadPart(() => import("../plots/PlotDialog.tsx")).then(({ PlotDialog: dialog }) => ({
    default: dialog,
  })),
);

export function InstrumentFindings(props: {
  readonly id: string;
  readonly result: InstrumentResult;
  /** Goes where a row leads; undefined where that is not on the page. */
  readonly follow?: (lead: Lead) => (() => void) | undefined;
}) {
  const { id, result, follow } = props;
  const { statement, quantities, plots = [], maps = [], tables = [], obstacle } = result;
  if (obstacle !== undefined) return <p className={styles.obstacle}>{obstacle}</p>;
  return (
    <>
      <p className={styles.statement}>{statement}</p>
      {quantities.length > 0 && (
        <dl className={styles.quantities}>
          {quantities.map((quantity) => (
            <QuantityRow key={quantity.id} quantity={quantity} />
          ))}
        </dl>
      )}
      {plots.map((plot) => (
        <Figure key={plot.id} id={`${id}-${plot.id}`} plot={plot} statement={statement} />
      ))}
      {maps.map((map) => (
        <MapButton key={map.id} instrument={id} map={map} />
      ))}
      {tables.map((table) => (
        <TableOf key={table.id} table={table} {...(follow && { follow })} />
      ))}
    </>
  );
}

function QuantityRow({ quantity }: { readonly quantity: Quantity }) {
  const { id, label, value, unit, interval, n, note } = quantity;
  const beside = [
    ...(interval
      ? [
          `${figure(interval.low)} to ${figure(interval.high)} (${Number((100 * interval.level).toFixed(1))} %)`,
        ]
      : []),
    ...(n === undefined ? [] : [`n = ${n}`]),
    ...(note === undefined ? [] : [note]),
  ].join(", ");
  return (
    <div data-quantity={id}>
      <dt>{label}</dt>
      <dd>
        <b>{figure(value)}</b> {unit}
        {beside !== "" && <span>{beside}</span>}
      </dd>
    </div>
  );
}

/** Four significant digits, as many as any of these numbers carries. */
function figure(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return decimal(value, 0);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e5) return value.toExponential(2).replace("-", "−");
  return decimal(value, Math.max(0, 3 - Math.floor(Math.log10(size))));
}

const LINEAR = { logX: false, logY: false };

function Figure(props: {
  readonly id: string;
  readonly plot: LinePlot | HeatPlot;
  readonly statement: string;
}) {
  const { id, plot, statement } = props;
  const [scales, setScales] = useState(LINEAR);
  const [isLarge, setLarge] = useState(false);
  const spec = useMemo(() => drawableOf(plot, statement), [plot, statement]);
  return (
    <figure className={styles.figure} data-kind={plot.kind}>
      <figcaption>
        {plot.title}
        <PlotMenu
          spec={spec}
          scales={scales}
          choice={null}
          onScales={setScales}
          onEnlarge={() => setLarge(true)}
        />
      </figcaption>
      <div className={styles.canvas}>
        <Plot testId={`${id}-plot`} spec={spec} scales={scales} />
      </div>
      {isLarge && (
        <ErrorBoundary>
          <Suspense fallback={null}>
            <PlotDialog
              title={plot.title}
              meaning={statement}
              testId={`${id}-large`}
              spec={spec}
              scales={scales}
              onClose={() => setLarge(false)}
            />
          </Suspense>
        </ErrorBoundary>
      )}
    </figure>
  );
}

/** Lays a map over the pictures, and takes it away again. */
function MapButton(props: { readonly instrument: string; readonly map: PictureMap }) {
  const { instrument, map } = props;
  const { view } = useStores();
  const shown = useView((s) => s.attention);
  const isShown =
    shown?.source === "map" && shown.instrument === instrument && shown.map === map.id;
  return (
    <p className={styles.map}>
      <Button
        aria-pressed={isShown}
        title={map.unit === "" ? undefined : `Unit: ${map.unit}`}
        onClick={() =>
          view
            .getState()
            .set({ attention: isShown ? null : { source: "map", instrument, map: map.id } })
        }
      >
        {isShown ? "Take off the picture" : "Show on the picture"}
      </Button>{" "}
      {map.label}
    </p>
  );
}

function TableOf(props: {
  readonly table: ResultTable;
  readonly follow?: (lead: Lead) => (() => void) | undefined;
}) {
  const { table, follow } = props;
  const { title, columns, rows, opens, leads } = table;
  /** What the last cell of a row leads to. */
  const leadOf = (r: number, c: number) => {
    const lead = c === columns.length - 1 ? leads?.[r] : undefined;
    return lead ? follow?.(lead) : undefined;
  };
  const { experiment } = useStores();
  const show = (change: ExperimentChange) =>
    experiment.getState().edit((spec) => applyChange(spec, change));
  return (
    <table className={styles.table}>
      <caption>{title}</caption>
      <thead>
        <tr>
          {columns.map((column, c) => (
            <th key={c} scope="col">
              {column}
            </th>
          ))}
          {opens && <th scope="col">Open</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, r) => (
          <tr key={r}>
            {row.map((cell, c) => (
              <td key={c} data-number={typeof cell === "number"}>
                <CellOf cell={cell} onFollow={leadOf(r, c)} />
              </td>
            ))}
            {opens && (
              <td>{opens[r] && <ShowButton row={row} onShow={() => show(opens[r]!)} />}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function CellOf(props: {
  readonly cell: string | number | null;
  readonly onFollow: (() => void) | undefined;
}) {
  const { cell, onFollow } = props;
  if (typeof cell === "number") return figure(cell);
  if (cell === null) return "–";
  return onFollow ? (
    <Button look="inline" onClick={onFollow}>
      {cell}
    </Button>
  ) : (
    cell
  );
}

/** Makes the row the open experiment; undo brings the one before back. */
function ShowButton(props: {
  readonly row: readonly (string | number | null)[];
  readonly onShow: () => void;
}) {
  const { row, onShow } = props;
  return (
    <Button aria-label={`Show: ${row[0]} ${row[1] ?? ""}`} onClick={onShow}>
      Show
    </Button>
  );
}
