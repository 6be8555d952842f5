/** A link's code as large as the screen, for the last row, with the address below it in letters. */
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { Icon } from "../kit/icons.tsx";
import { LinkAddress } from "./LinkAddress.tsx";
import type { ReachableAddress } from "./useReachableAddress.ts";
import styles from "./share.module.css";

export function CodeOnWall(props: {
  readonly text: string;
  readonly label: string;
  readonly address: ReachableAddress;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { text, label, address, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  // The browser's own dialog lies over everything, the panel included that it was opened from.
  useEffect(() => dialog.current!.showModal(), []);
  // Its Escape closes it alone: before the panel below hears of the key.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      dialog.current!.close();
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, []);
  return (
    <dialog ref={dialog} className={styles.wall} aria-label={label} onClose={onClose}>
      <button
        type="button"
        className={styles.wallCode}
        aria-label="Close the code"
        title="Close the code"
        // Dialogs that listened for Escape earlier leave it to whoever bears this.
        data-mantine-stop-propagation="true"
        onClick={() => dialog.current!.close()}
      >
        {children}
        <Icon name="close" size={20} />
      </button>
      <p className={styles.wallText}>{text}</p>
      <LinkAddress address={address} />
    </dialog>
  );
}
