/** The weight of each model where several answer as one: the measurement "experts", beside the defense that it is about. */
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { isInForce } from "../../defenses/inForce.ts";
import { editInstrument } from "../../state/specEdits.ts";
import { useGate } from "../context/useGate.ts";
import { useHidden } from "../context/useHidden.ts";
import { useExperiment, useResults, useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { percent } from "../kit/formats.ts";
import styles from "./defenses.module.css";

export function WhoAnswers() {
  const { edit } = useStores().experiment.getState();
  const areSeveral = useExperiment((s) =>
    s.spec.defenses.some((item) => {
      const described = DEFENSE_CATALOG[item.defense];
      return described?.group === "models" && isInForce(item, described);
    }),
  );
  const isMeasured = useExperiment((s) =>
    s.spec.instruments.some(({ instrument, enabled }) => instrument === "experts" && enabled),
  );
  const entry = useResults((s) => s.stages["instrument:experts"]);
  const isBroken = useResults((s) => s.error !== null);
  const isStale = useResults((s) => entry !== undefined && entry.requestId !== s.requestId);
  const isHidden = useHidden("answers");
  const gate = useGate();
  if (!areSeveral || isHidden || gate) return null;
  if (!isMeasured) {
    return (
      <p className={styles.note}>
        <Button onClick={() => edit(editInstrument("experts", { enabled: true }))}>
          Show the weight of each model
        </Button>
      </p>
    );
  }
  if (!entry) return isBroken ? null : <p className={styles.note}>Weighing the models…</p>;
  const weights = entry.payload.plots?.find(({ id }) => id === "weights");
  // Where several are behind another defense, the measurement says why it has none.
  if (weights?.kind !== "heat") return <p className={styles.note}>{entry.payload.statement}</p>;
  const { columns, values } = weights;
  return (
    <div className={styles.price} data-stale={isStale} data-testid="weights">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">weight of</th>
            <th scope="col">before</th>
            <th scope="col">after</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((name, k) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{percent(values[k]!)}</td>
              <td>{percent(values[columns.length + k]!)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Button onClick={showMeasurement}>More under Measurements</Button>
    </div>
  );
}

function showMeasurement() {
  document.querySelector('[data-instrument="experts"]')?.scrollIntoView({ block: "start" });
}
