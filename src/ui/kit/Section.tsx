/** A titled part of a rail with its one explaining line. Dimmed, never relabelled, while its content is out of date. */
import type { ReactNode } from "react";
import { Term } from "./Term.tsx";
import styles from "./section.module.css";

export interface SectionProps {
  readonly title: string;
  readonly line?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Section(props: SectionProps & { readonly isStale?: boolean }) {
  const { title, line, aside, children, isStale = false } = props;
  return (
    <section className={styles.section} aria-label={title} data-part={title}>
      <header className={styles.head}>
        <h2>
          <Term label={title} />
        </h2>
        <p>{line}</p>
        {aside}
      </header>
      <div
        className={isStale ? styles.stale : styles.fresh}
        data-stale={isStale}
        title={isStale ? "From the previous setting; a new result is on its way." : undefined}
      >
        {children}
      </div>
    </section>
  );
}
