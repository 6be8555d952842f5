/** Every instrument of the registry by group, with a switch each: measurements that run only when asked for. */
import { INSTRUMENT_CATALOG } from "../../experiment/instruments/catalog.ts";
import type { Instrument } from "../../experiment/instruments/instrument.ts";
import { useExperiment } from "../context/stores.ts";
import { Section } from "../kit/Section.tsx";
import type { InstrumentEntry } from "./InstrumentCard.tsx";
import { InstrumentCard } from "./InstrumentCard.tsx";
import styles from "./instruments.module.css";

const GROUPS: Readonly<Record<Instrument["group"], string>> = {
  film: "This film",
  language: "Wording of the question",
  stages: "Stages of the model",
  explanations: "Explanations",
  certainty: "Certainty",
  robustness: "Robustness",
};

export function InstrumentPanel() {
  const on = useExperiment((s) => s.spec.instruments.filter(({ enabled }) => enabled).length);
  return (
    <Section
      title="Measurements"
      line={on === 0 ? "Each runs when you switch it on." : `${on} on.`}
    >
      {Object.entries(GROUPS).map(([group, title]) => (
        <Group
          key={group}
          title={title}
          instruments={Object.values(INSTRUMENT_CATALOG).filter((item) => item.group === group)}
        />
      ))}
    </Section>
  );
}

function Group(props: {
  readonly title: string;
  readonly instruments: readonly InstrumentEntry[];
}) {
  const { title, instruments } = props;
  if (instruments.length === 0) return null;
  return (
    <section className={styles.group} aria-label={title}>
      <h3>{title}</h3>
      <ul className={styles.list}>
        {instruments.map((instrument) => (
          <InstrumentCard key={instrument.id} instrument={instrument} />
        ))}
      </ul>
    </section>
  );
}
