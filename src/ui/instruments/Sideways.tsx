/** What may be wider than its card and is then moved sideways, by keys too. */
import type { ReactNode } from "react";
import styles from "../plots/figures.module.css";

export function Sideways(props: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div
      className={styles.sideways}
      role="group"
      aria-label={props.label}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
    >
      {props.children}
    </div>
  );
}
