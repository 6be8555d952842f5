/** Does the model say and hold the same on every backend and in every form of its weights? One press, one table, one file. */
import { verdictOf } from "../../experiment/formVerdict.ts";
import { useExperiment, useResults } from "../context/stores.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { Button } from "../kit/Button.tsx";
import { answerWord, decimal } from "../kit/formats.ts";
import { saveBlob } from "../kit/saveBlob.ts";
import { useAgreement } from "./useAgreement.ts";
import type { FormRow } from "./useAgreement.ts";
import styles from "./compare.module.css";

export function AgreementDialog() {
  return (
    <WorkDialog
      door="agreement"
      size="min(960px, 96vw)"
      label="Agreement of backends and weights"
      closeLabel="Close"
      className={styles.dialog}
    >
      {() => <Agreement />}
    </WorkDialog>
  );
}

function Agreement() {
  const { model, question } = useExperiment((s) => s.spec);
  const hasInput = useResults((s) => s.stages.input !== undefined);
  const { rows, isRunning, error, start, stop } = useAgreement();
  const asked = rows.filter(({ found }) => found);
  const others = asked.slice(1).map(({ form, backend, found }) => ({
    form,
    backend: NAMES[backend],
    differs: found!.differs,
  }));
  const isDone = !isRunning && asked.length > 0;
  // Refused, or stopped before their turn.
  const verdict = verdictOf(others, rows.length - asked.length);
  return (
    <>
      <p className={styles.lead}>
        The clean picture of the bench and its question, asked of this model in every form of its
        weights that is there, on WASM and on WebGPU. Every stage is compared with the first row: a
        cosine below 0.999 is named, and so is another answer. Some browsers’ kernels are wrong
        without a word; here it shows.
      </p>
      <div className={styles.choices}>
        {isRunning ? (
          <Button onClick={stop}>Stop</Button>
        ) : (
          <Button look="outlined" disabled={!hasInput} onClick={start}>
            Compare all
          </Button>
        )}
        {isDone && (
          <Button onClick={() => saveReport({ model: model.id, question, rows, verdict })}>
            Save as JSON
          </Button>
        )}
      </div>
      {error && (
        <p role="alert">
          {error.message} {error.hint}
        </p>
      )}
      {isRunning && rows.length === 0 && <p role="status">Starting an engine of its own…</p>}
      {isDone && (
        <p role="status" className={styles.statement} data-testid="agreement">
          {verdict}
        </p>
      )}
      {rows.length > 0 && <Rows rows={rows} />}
    </>
  );
}

const NAMES = { wasm: "WASM", webgpu: "WebGPU" } as const;

function Rows({ rows }: { readonly rows: readonly FormRow[] }) {
  return (
    <div className={styles.result}>
      <table>
        <thead>
          <tr>
            <th scope="col">Weights</th>
            <th scope="col">Backend</th>
            <th scope="col">Answer</th>
            <th scope="col">Margin, logits</th>
            <th scope="col">Least cosine</th>
            <th scope="col">What differs</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.form} ${row.backend}`}>
              <th scope="row">{row.form}</th>
              <td>{NAMES[row.backend]}</td>
              <Cells row={row} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cells({ row: { found, error } }: { readonly row: FormRow }) {
  if (error) return <td colSpan={4}>{error.message}</td>;
  if (!found) return <td colSpan={4}>waiting</td>;
  const { answer, margin, cosines, differs } = found;
  const least = Math.min(...cosines.map(({ cosine }) => cosine));
  return (
    <>
      <td>{answer === null ? "–" : answerWord(answer)}</td>
      <td>{margin === null ? "–" : decimal(margin, 4)}</td>
      <td>{decimal(least, 5)}</td>
      <td>
        {differs.length === 0
          ? "nothing"
          : differs.length > MOST_NAMED
            ? `${differs.slice(0, MOST_NAMED).join(", ")} and ${differs.length - MOST_NAMED} more`
            : differs.join(", ")}
      </td>
    </>
  );
}

/** Stages named in one cell; the file has all. */
const MOST_NAMED = 3;

function saveReport(report: object): void {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  saveBlob(new Blob([text], { type: "application/json" }), "agreement.json");
}
