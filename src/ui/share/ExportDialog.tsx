/** What a paper or a talk needs of the run on screen: a figure, a table, a script that repeats it, and how to cite it. */
import { useEffect, useMemo, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { citationOf } from "../../experiment/exports/citation.ts";
import { FIGURE_PANELS, figureOf, panelsOf } from "../../experiment/exports/figure.ts";
import type { Figure, FigurePanel } from "../../experiment/exports/figure.ts";
import type { RunRecord } from "../../experiment/exports/runRecord.ts";
import { useResultValues, useStores } from "../context/stores.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { Button } from "../kit/Button.tsx";
import { currentNumbers } from "./currentRun.ts";
import { currentRecord } from "./currentRecord.ts";
import { savePictures, savePng, saveScript, saveSvg, saveTable } from "./exportRun.ts";
import styles from "./share.module.css";

export function ExportDialog() {
  return (
    <WorkDialog
      door="export"
      size="min(1080px, 96vw)"
      label="Export"
      closeLabel="Close export"
      className={styles.dialog}
    >
      {() => <ExportOfRun />}
    </WorkDialog>
  );
}

function ExportOfRun() {
  const record = useRecord();
  if (!record) {
    return (
      <p className={styles.line} role="status">
        There is nothing to export yet: wait for the run on the bench to end.
      </p>
    );
  }
  return <Exports record={record} />;
}

/** The run on screen, once every stage that answers is there; made anew when its numbers change. */
function useRecord(): RunRecord | null {
  const stores = useStores();
  const numbers = useResultValues(currentNumbers);
  const [record, setRecord] = useState<RunRecord | null>(null);
  useEffect(() => {
    let isOver = false;
    const failed = (error: unknown) => stores.results.getState().refuse(toErrorData(error));
    if (numbers) {
      currentRecord(stores).then((made) => {
        if (!isOver) setRecord(made ?? null);
      }, failed);
    }
    return () => {
      isOver = true;
    };
  }, [numbers, stores]);
  return numbers ? record : null;
}

function Exports({ record }: { readonly record: RunRecord }) {
  const { results } = useStores();
  const offered = panelsOf(record);
  const [left, setLeft] = useState<readonly FigurePanel[]>([]);
  const figure = figureOf(
    record,
    offered.filter((id) => !left.includes(id)),
  );
  const isOwn = record.spec.case.kind === "file";
  const attempt = (made: void | Promise<void>) =>
    void Promise.resolve(made).catch((error: unknown) =>
      results.getState().refuse(toErrorData(error)),
    );
  const toggle = (id: FigurePanel) =>
    setLeft(left.includes(id) ? left.filter((each) => each !== id) : [...left, id]);
  return (
    <div className={styles.exports}>
      <section aria-label="Figure">
        <h3>Figure</h3>
        <p className={styles.line}>
          For print, on white, with every setting that decides the numbers written under it.
          {isOwn &&
            " It shows your film as the model was given it: look for names burned into the picture before you pass it on."}
        </p>
        <fieldset className={styles.ticks}>
          <legend>Panels</legend>
          {FIGURE_PANELS.filter(({ id }) => offered.includes(id)).map(({ id, label }) => (
            <label key={id}>
              <input type="checkbox" checked={!left.includes(id)} onChange={() => toggle(id)} />
              {label}
            </label>
          ))}
        </fieldset>
        <div className={styles.actions}>
          <Button look="outlined" onClick={() => attempt(savePng(figure))}>
            Save figure (PNG)
          </Button>
          <Button look="outlined" onClick={() => attempt(saveSvg(figure))}>
            Save figure (SVG)
          </Button>
        </div>
        <h3>Numbers</h3>
        <p className={styles.line}>
          Every number of this run as one table: answers, distances, traces, curves, measurements.
        </p>
        <div className={styles.actions}>
          <Button look="outlined" onClick={() => attempt(saveTable(record))}>
            Save numbers (CSV)
          </Button>
        </div>
        <h3>Script</h3>
        <p className={styles.line}>
          A Python script that reads both pictures with ONNX Runtime and NumPy, by none of this
          lab’s code, and checks every number.
          {isOwn
            ? " It holds no pixel of your film: it reads the two pictures from a file that you save beside it."
            : " It holds the two pictures."}
        </p>
        <div className={styles.actions}>
          <Button look="outlined" onClick={() => attempt(saveScript(record))}>
            Save script (Python)
          </Button>
          {isOwn && (
            <Button look="outlined" onClick={() => attempt(savePictures(record))}>
              Save its pictures (.npy)
            </Button>
          )}
        </div>
        <Cite record={record} />
      </section>
      <Preview figure={figure} />
    </div>
  );
}

function Cite({ record }: { readonly record: RunRecord }) {
  const { text, bibtex } = citationOf(record);
  return (
    <>
      <h3>Citation</h3>
      <textarea
        className={styles.citation}
        aria-label="How to cite this run"
        readOnly
        rows={7}
        value={`${text}\n\n${bibtex}`}
        onFocus={(event) => event.currentTarget.select()}
      />
    </>
  );
}

function Preview({ figure }: { readonly figure: Figure }) {
  const { svg } = figure;
  const url = useMemo(() => `data:image/svg+xml,${encodeURIComponent(svg)}`, [svg]);
  return <img className={styles.preview} src={url} alt="The figure as it will be saved" />;
}
