/** The one switch: a checkbox that looks like what it does. */
import styles from "./switch.module.css";

export function Switch(props: {
  readonly label: string;
  readonly on: boolean;
  readonly onToggle: () => void;
}) {
  const { label, on, onToggle } = props;
  return (
    <input
      type="checkbox"
      role="switch"
      className={styles.switch}
      aria-label={label}
      aria-checked={on}
      checked={on}
      onChange={onToggle}
    />
  );
}
