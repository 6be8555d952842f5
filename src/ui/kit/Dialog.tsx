/** The one dialog: a heading, the button in its corner, and below them what it is about. */
import "./dialog.css";
import { useEffect, useState } from "react";
import { Modal } from "@mantine/core";
import type { ModalRootProps } from "@mantine/core";
import type { KeyboardEventHandler, ReactNode } from "react";
import styles from "./dialog.module.css";

interface Props extends Pick<ModalRootProps, "opened" | "onClose" | "size" | "closeOnEscape"> {
  /** Its name to assistive technology. */
  readonly label: string;
  /** The heading, where it says another thing than the label. */
  readonly title?: string;
  readonly closeLabel: string;
  /** In the place of the kit's own layout. */
  readonly className?: string | undefined;
  readonly onKeyDownCapture?: KeyboardEventHandler;
  readonly children: ReactNode;
}

export function Dialog({
  label,
  title = label,
  closeLabel,
  className = styles.dialog,
  onKeyDownCapture,
  children,
  ...root
}: Props) {
  const [opener] = useState(() => document.activeElement);
  // The modal gives the focus back where it is closed, and not where it is taken away whole, as most are here.
  useEffect(
    () => () => {
      const isLost = document.activeElement === document.body;
      if (isLost && opener instanceof HTMLElement) opener.focus({ preventScroll: true });
    },
    [opener],
  );
  return (
    <Modal.Root {...root}>
      <Modal.Overlay />
      <Modal.Content aria-label={label} {...(onKeyDownCapture && { onKeyDownCapture })}>
        <Modal.Body className={`${styles.body} ${className}`}>
          <h2>{title}</h2>
          <Modal.CloseButton aria-label={closeLabel} className={styles.close} />
          {children}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
