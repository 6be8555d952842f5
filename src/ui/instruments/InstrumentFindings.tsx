/** A result as any instrument states it: sentence, quantities, plots, maps to lay over the picture, tables. */
import { Suspense, lazy, useMemo, useState } from "react";
import type {
  HeatPlot,
  InstrumentResult,
  LinePlot,
  PictureMap,
  Quantity,
  Lead,
} from "../../experiment/instruments/instrumentResult.ts";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { Term } from "../kit/Term.tsx";
import { PlotMenu } from "../plots/PlotMenu.tsx";
import { HeatTable } from "./HeatTable.tsx";
import { InstrumentTable } from "./InstrumentTable.tsx";
import { SmallPlot } from "../plots/SmallPlot.tsx";
import { figure } from "./figure.ts";
import { drawableOf } from "./instrumentPlot.ts";
import { shown } from "./quantityText.ts";
import styles from "./instruments.module.css";

const PlotDialog = lazy(() =>
  loadPart(() => import("../plots/PlotDialog.tsx")).then(({ PlotDialog: dialog }) => ({
    default: dialog,
  })),
);

const WordMaps = lazy(() =>
  loadPart(() => import("./WordMaps.tsx")).then(({ WordMaps: maps }) => ({ default: maps })),
);

export function InstrumentFindings(props: {
  readonly id: string;
  readonly result: InstrumentResult;
  /** Goes where a row leads; undefined where that is not on the page. */
  readonly follow?: (lead: Lead) => (() => void) | undefined;
}) {
  const { id, result, follow } = props;
  const { statement, plots = [], maps = [], tables = [], words = [], obstacle } = result;
  const quantities = result.quantities.filter(({ isInTable }) => !isInTable);
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
      {words.map((run) => (
        <ErrorBoundary key={run.picture}>
          <Suspense fallback={null}>
            <WordMaps instrument={id} run={run} />
          </Suspense>
        </ErrorBoundary>
      ))}
      {words.length === 0 &&
        maps.map((map) => <MapButton key={map.id} instrument={id} map={map} />)}
      {tables.map((table) => (
        <InstrumentTable key={table.id} table={table} {...(follow && { follow })} />
      ))}
    </>
  );
}

function QuantityRow({ quantity }: { readonly quantity: Quantity }) {
  const { id, interval, n, note } = quantity;
  const { label, value, unit, scale } = shown(quantity);
  const beside = [
    ...(interval
      ? [
          `${figure(scale * interval.low)} to ${figure(scale * interval.high)} (${Number((100 * interval.level).toFixed(1))} % interval)`,
        ]
      : []),
    ...(n === undefined ? [] : [`n = ${n}`]),
    ...(note === undefined ? [] : [note]),
  ].join(", ");
  return (
    <div data-quantity={id} data-term-scope>
      <dt>
        <Term label={label} />
      </dt>
      <dd>
        <b>{value}</b> {unit !== "" && <Term label={unit} />}
        {beside !== "" && <small>{beside}</small>}
      </dd>
    </div>
  );
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
    <figure className={styles.figure}>
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
      {"rows" in spec ? (
        <HeatTable testId={`${id}-plot`} spec={spec} />
      ) : (
        <SmallPlot testId={`${id}-plot`} spec={spec} scales={scales} />
      )}
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
