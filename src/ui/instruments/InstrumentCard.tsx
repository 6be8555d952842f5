/** One instrument: its switch, what it measures, its settings, and what it found. */
import { useState } from "react";
import type { Instrument } from "../../experiment/instruments/instrument.ts";
import { PARAMS, SPEC_LIMITS } from "../../experiment/params.ts";
import type { InstrumentItem } from "../../experiment/spec.ts";
import type { PlainData } from "../../system/plainData.ts";
import { editInstrument } from "../../state/specEdits.ts";
import { ParamSlider } from "../controls/ParamSlider.tsx";
import { useGate } from "../context/useGate.ts";
import { useHidden } from "../context/useHidden.ts";
import { useExperiment, useResults, useStores } from "../context/stores.ts";
import { Switch } from "../kit/Switch.tsx";
import { InstrumentFindings } from "./InstrumentFindings.tsx";
import { Term } from "../kit/Term.tsx";
import styles from "./instruments.module.css";

/** An instrument without what runs it. */
export type InstrumentEntry = PlainData<Instrument>;

export function InstrumentCard({ instrument }: { readonly instrument: InstrumentEntry }) {
  const { id, label, help, source } = instrument;
  const { experiment } = useStores();
  const item = useExperiment((s) => s.spec.instruments.find((each) => each.instrument === id));
  const isOn = item?.enabled ?? false;
  const isTruthHidden = useHidden("truth");
  const gate = useGate();
  return (
    <li className={styles.item} data-on={isOn} data-instrument={id} aria-label={label}>
      <div className={styles.head} data-term-scope>
        <Switch
          label={`${label}: on`}
          on={isOn}
          onToggle={() => experiment.getState().edit(editInstrument(id, { enabled: !isOn }))}
        />
        <span className={styles.name}>
          <Term label={label} help={isOn ? help : undefined} />
        </span>
      </div>
      {isOn && item ? (
        <>
          {instrument.tellsTruth && isTruthHidden ? (
            <p className={styles.about}>Its result names the ground truth, which is hidden here.</p>
          ) : gate ? (
            <p className={styles.about} data-testid="held-back">
              Held back with the answer: this picture is unlike those that the model knows.
            </p>
          ) : (
            <Findings id={id} />
          )}
          <Settings instrument={instrument} item={item} />
        </>
      ) : (
        <p className={styles.about} title={source}>
          {help}
        </p>
      )}
    </li>
  );
}

function Settings(props: { readonly instrument: InstrumentEntry; readonly item: InstrumentItem }) {
  const { instrument, item } = props;
  const { id, label, help, source, params } = instrument;
  const { edit } = useStores().experiment.getState();
  const seed = PARAMS["instrument.seed"];
  return (
    <details className={styles.settings}>
      <summary>Settings and meaning</summary>
      <p className={styles.about}>{help}</p>
      <p className={styles.about}>Source: {source}.</p>
      {Object.entries(params).map(([name, meta]) => (
        <ParamSlider
          key={name}
          context={label}
          meta={meta}
          value={item.params[name] ?? meta.default}
          onChange={(value) =>
            edit(editInstrument(id, { params: { ...item.params, [name]: value } }))
          }
        />
      ))}
      {instrument.texts && <Texts name={label} about={instrument.texts} item={item} />}
      <ParamSlider
        context={label}
        meta={{ ...seed, max: 100 }}
        value={item.seed}
        onChange={(value) => edit(editInstrument(id, { seed: value }))}
      />
    </details>
  );
}

/** The reader's own wordings; what is typed counts when the field is left. */
function Texts(props: {
  readonly name: string;
  readonly about: NonNullable<InstrumentEntry["texts"]>;
  readonly item: InstrumentItem;
}) {
  const { name, about, item } = props;
  const { edit } = useStores().experiment.getState();
  const saved = (item.texts ?? []).join("\n");
  const [typed, setTyped] = useState<string | null>(null);
  const keep = () => {
    if (typed === null) return;
    const lines = typed.split("\n").map((line) => line.trim());
    const texts = lines.filter((line) => line !== "").slice(0, SPEC_LIMITS.instrumentTexts);
    if (texts.join("\n") !== saved) edit(editInstrument(item.instrument, { texts }));
    setTyped(null);
  };
  return (
    <label className={styles.texts} title={about.help}>
      {about.label}
      <textarea
        aria-label={`${name}: ${about.label}`}
        rows={3}
        maxLength={SPEC_LIMITS.instrumentTexts * SPEC_LIMITS.questionCharacters}
        value={typed ?? saved}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={keep}
      />
    </label>
  );
}

/** What it found, dimmed while that answers an older request; before that, how far it is. */
function Findings({ id }: { readonly id: string }) {
  const stage = `instrument:${id}` as const;
  const entry = useResults((s) => s.stages[stage]);
  const isStale = useResults((s) => entry !== undefined && entry.requestId !== s.requestId);
  const progress = useResults((s) => (s.progress?.stage === stage ? s.progress : null));
  const busy = useResults((s) => s.busy);
  const isUnderWay = busy && (!entry || isStale || entry.partial);
  const hasBegun = entry?.partial === true && !isStale;
  return (
    <>
      {entry ? (
        <div
          className={isStale ? styles.stale : ""}
          data-stale={isStale}
          data-testid={`found-${id}`}
        >
          <InstrumentFindings id={id} result={entry.payload} />
        </div>
      ) : (
        !isUnderWay && <p className={styles.about}>It runs with the next answer.</p>
      )}
      {isUnderWay && (
        <p className={styles.about} role="status">
          {progress
            ? `${progress.label}: ${progress.done} of ${progress.total}`
            : hasBegun
              ? "Under way: this is what there is so far."
              : "It runs after what stands above it."}
        </p>
      )}
      {hasBegun && !busy && (
        <p className={styles.about} role="status">
          Stopped before its end: this is what there was by then.
        </p>
      )}
    </>
  );
}
