/** A titled part of a rail with its one explaining line. Dimmed, never relabelled, while its result is out of date. */
import type { ReactNode } from "react";
import { isStale } from "../../state/resultStore.ts";
import type { StageName } from "../../experiment/results.ts";
import { useResults } from "../app/stores.ts";
import styles from "./panels.module.css";

export function Section(props: {
  readonly title: string;
  readonly line?: string;
  /** Stage the content was made by. */
  readonly stage?: StageName;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  const { title, line, stage, aside, children } = props;
  const stale = useResults((s) => stage !== undefined && isStale(s, stage));
  return (
    <section className={styles.section} aria-label={title}>
      <header className={styles.head}>
        <h2>{title}</h2>
        <p>{line}</p>
        {aside}
      </header>
      <div
        className={stale ? styles.stale : styles.fresh}
        data-stale={stale}
        title={stale ? "From the previous setting; a new result is on its way." : undefined}
      >
        {children}
      </div>
    </section>
  );
}
