/** A line of a rail: what it is about, and the control. */
import type { ReactNode } from "react";
import styles from "./field.module.css";

export function Row(props: {
  readonly label: string;
  readonly help?: string | undefined;
  readonly children: ReactNode;
}) {
  return (
    <div className={styles.row}>
      <span className={styles.label} title={props.help}>
        {props.label}
      </span>
      {props.children}
      <span />
    </div>
  );
}
