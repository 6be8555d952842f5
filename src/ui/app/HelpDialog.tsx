/** Keys and mouse, in one place. */
import { Modal } from "@mantine/core";
import { useStores, useView } from "../context/stores.ts";
import styles from "./app.module.css";

const KEYS: readonly (readonly [readonly string[], string])[] = [
  [["left drag"], "display window (the model’s stays), or paint"],
  [["middle drag", "space drag"], "pan"],
  [["wheel", "right drag"], "zoom at the cursor"],
  [["1", "…", "5"], "display windows"],
  [["I"], "invert"],
  [["Space", "R"], "reset the view"],
  [["+", "−"], "zoom in, out"],
  [["arrows"], "pan; on a viewer with the brush, move the brush"],
  [["B", "E"], "brush, eraser; Enter sets a dab"],
  [["W"], "back to window and level"],
  [["[", "]"], "brush smaller, larger"],
  [["M"], "magnifier"],
  [["A", "G"], "attention, ground truth on or off"],
  [[",", "."], "previous, next layout"],
  [["T"], "corner texts on or off"],
  [["Ctrl Z", "Ctrl Y"], "undo, redo"],
  [["Esc"], "cancel the run, put the brush down"],
  [["?"], "this list"],
];

export function HelpDialog() {
  const { view } = useStores();
  const isOpen = useView((s) => s.helpOpen);
  const close = () => view.getState().set({ helpOpen: false });
  return (
    <Modal.Root opened={isOpen} onClose={close} size="md">
      <Modal.Overlay />
      <Modal.Content aria-label="Keys and mouse">
        <Modal.Body className={styles.help}>
          <h2>Keys and mouse</h2>
          <Modal.CloseButton aria-label="Close help" className={styles.helpClose} />
          <dl className={styles.keys}>
            {KEYS.map(([keys, what]) => (
              <div key={what} style={{ display: "contents" }}>
                <dt>
                  {keys.map((key) => (
                    <span key={key}>{key === "…" ? " … " : <kbd>{key}</kbd>} </span>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
