/** The one list to choose from. */
import type { ComponentProps } from "react";
import styles from "./select.module.css";

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return (
    <select {...rest} className={className ? `${styles.select} ${className}` : styles.select} />
  );
}
