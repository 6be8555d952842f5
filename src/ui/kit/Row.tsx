/** A line of a rail: what it is about, and the control. */
import type { ReactNode } from "react";
import { Term } from "./Term.tsx";
import styles from "./field.module.css";

export function Row(props: {
  readonly label: string;
  readonly help?: string | undefined;
  /** The control below the label, as wide as the rail: what it says is long. */
  readonly isWide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <div className={styles.row} data-wide={props.isWide} data-term-scope>
      <span className={styles.label}>
        <Term label={props.label} help={props.help} />
      </span>
      {props.children}
      <span />
    </div>
  );
}
