/** The plots under the viewers: what is proved, how sure that is, and how the attack got there. */
import { isStale } from "../../state/resultStore.ts";
import { useState } from "react";
import type { ReactNode } from "react";
import type { StageName } from "../../experiment/results.ts";
import { useExperiment, useResults } from "../app/stores.ts";
import controls from "../controls/controls.module.css";
import { CertificatePlot } from "./CertificatePlot.tsx";
import { ScorePlot } from "./ScorePlot.tsx";
import { TracePlot } from "./TracePlot.tsx";
import type { Trace } from "./TracePlot.tsx";
import styles from "./plots.module.css";

export function CertificatePanel() {
  const certificate = useResults((s) => s.stages.certificate?.payload);
  const enabled = useExperiment((s) => s.spec.certificate.enabled);
  return (
    <PlotPanel
      title="What is guaranteed"
      line="About image features, not the answer."
      stage="certificate"
    >
      {certificate && enabled ? (
        <CertificatePlot certificate={certificate} />
      ) : (
        <Empty>
          {enabled
            ? "The bound appears as soon as the first noisy samples are in."
            : "Certificates are off."}
        </Empty>
      )}
    </PlotPanel>
  );
}

export function ScorePanel() {
  const enabled = useExperiment((s) => s.spec.certificate.enabled);
  const latest = useResults((s) => s.stages.certificate?.payload);
  const certificate = enabled ? latest : undefined;
  return (
    <PlotPanel
      title="Similarity under noise"
      line={
        certificate
          ? `α ${certificate.alpha} σ ${certificate.sigma} seed ${certificate.seed}`
          : "Lower bound, valid at every n."
      }
      stage="certificate"
    >
      {certificate ? (
        <ScorePlot certificate={certificate} />
      ) : (
        <Empty>{enabled ? "Waiting for samples." : "Certificates are off."}</Empty>
      )}
    </PlotPanel>
  );
}

export function TracePanel() {
  const live = useResults((s) => s.liveTrace);
  const items = useResults((s) => s.stages.disturbed?.payload.items);
  const stack = useExperiment((s) => s.spec.stack);
  const [chosen, choose] = useState<string | null>(null);
  const attacks = (items ?? []).flatMap(({ id, label, trace }) =>
    trace ? [{ id, label, trace }] : [],
  );
  const done = attacks.find(({ id }) => id === chosen) ?? attacks.at(-1);
  // The attack under way comes first: it is what the reader is waiting for.
  const trace: Trace | undefined = live ?? done?.trace;
  const shown = live ? live.itemId : done?.id;
  const place = stack.findIndex(({ id }) => id === shown) + 1;
  // The picker says which it is; while one runs there is no picker.
  const name = place > 0 && live && stack.length > 1 ? `item ${place}: ` : "";
  return (
    <PlotPanel
      title="Attack"
      line={
        trace
          ? `${name}${trace.lossName}${trace.lossUnit && `, ${trace.lossUnit}`}`
          : "Loss by step, and the best so far."
      }
      stage="disturbed"
      aside={
        attacks.length > 1 &&
        !live && (
          <select
            className={controls.select}
            aria-label="Attack shown"
            value={done?.id}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {attacks.map(({ id, label }) => (
              <option key={id} value={id}>
                {`${stack.findIndex((item) => item.id === id) + 1} ${label}`}
              </option>
            ))}
          </select>
        )
      }
    >
      {trace ? (
        <TracePlot trace={trace} />
      ) : (
        <Empty>
          {stack.some(({ type, enabled }) => type === "attack" && enabled)
            ? "The loss appears with the attack’s first step."
            : "Switch an attack on in the stack to watch it climb."}
        </Empty>
      )}
    </PlotPanel>
  );
}

function PlotPanel(props: {
  readonly title: string;
  readonly line: string;
  readonly stage: StageName;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  const stale = useResults(
    (s) => isStale(s, props.stage) && !(props.stage === "disturbed" && s.liveTrace),
  );
  return (
    <section className={`${styles.panel} ${stale ? styles.stale : ""}`} aria-label={props.title}>
      <header className={styles.head}>
        <h2>{props.title}</h2>
        <p title={props.line}>{props.line}</p>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

function Empty({ children }: { readonly children: string }) {
  return <p className={styles.empty}>{children}</p>;
}
