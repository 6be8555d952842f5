/** A plot at the size of the page: zoom by dragging, values under the pointer, a legend. */
import { Plot } from "./Plot.tsx";
import type { PlotScales } from "./Plot.tsx";
import type { Drawable } from "./drawable.ts";
import { Dialog } from "../kit/Dialog.tsx";
import styles from "./plots.module.css";

export function PlotDialog(props: {
  readonly title: string;
  readonly meaning: string;
  readonly testId: string;
  readonly spec: Drawable;
  readonly scales: PlotScales;
  readonly onClose: () => void;
}) {
  const { title, meaning, testId, spec, scales, onClose } = props;
  return (
    <Dialog
      opened
      onClose={onClose}
      size="min(1100px, 94vw)"
      label={`${title}, enlarged`}
      title={title}
      closeLabel="Close"
      className={styles.large}
    >
      <p>{meaning}</p>
      <p className={styles.statement}>{spec.description}</p>
      <Plot testId={testId} spec={spec} scales={scales} />
    </Dialog>
  );
}
