/** Keys and mouse, in one place. */
import { Modal } from "@mantine/core";
import { HELP, POINTER, shownKeys } from "../context/keymap.ts";
import { useStores, useView } from "../context/stores.ts";
import styles from "./app.module.css";

const LINES: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  ...POINTER.map(({ press, does }) => ({ keys: press, does })),
  ...HELP.map((row) => ({ keys: shownKeys(row), does: row.does })),
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
            {LINES.map(({ keys, does }) => (
              <div key={does} style={{ display: "contents" }}>
                <dt>
                  {keys.map((key) => (
                    <span key={key}>
                      <kbd>{key}</kbd>{" "}
                    </span>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
