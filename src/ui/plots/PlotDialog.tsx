/** A plot at the size of the page: zoom by dragging, values under the pointer, a legend. */
import { Modal } from "@mantine/core";
import { Plot } from "./Plot.tsx";
import type { PlotScales } from "./Plot.tsx";
import type { Drawable } from "./drawable.ts";
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
    <Modal.Root opened onClose={onClose} size="min(1100px, 94vw)">
      <Modal.Overlay />
      <Modal.Content aria-label={`${title}, enlarged`}>
        <Modal.Body className={styles.large}>
          <h2>{title}</h2>
          <Modal.CloseButton aria-label="Close" className={styles.close} />
          <p>{meaning}</p>
          <p className={styles.statement}>{spec.description}</p>
          <Plot testId={testId} spec={spec} scales={scales} isLarge />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
