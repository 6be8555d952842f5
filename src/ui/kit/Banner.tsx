/** One line across the bench about what is on it. */
import type { ReactNode } from "react";
import styles from "./banner.module.css";

export function Banner(props: {
  readonly status: string;
  readonly testId?: string;
  readonly children: ReactNode;
}) {
  const { status, testId, children } = props;
  return (
    <p className={styles.banner} data-status={status} role="status" data-testid={testId}>
      {children}
    </p>
  );
}
