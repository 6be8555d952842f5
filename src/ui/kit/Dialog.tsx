/** The one dialog: a heading, the button in its corner, and below them what it is about. */
import "./dialog.css";
import { useEffect, useState } from "react";
import { Modal } from "@mantine/core";
import type { ModalRootProps } from "@mantine/core";
import type { KeyboardEventHandler, ReactNode } from "react";
import { giveFocusBack } from "./lastFocus.ts";
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
  return (
    <Modal.Root {...root}>
      <Modal.Overlay />
      <Modal.Content aria-label={label} {...(onKeyDownCapture && { onKeyDownCapture })}>
        <Modal.Body className={`${styles.body} ${className}`}>
          <h2>{title}</h2>
          <Modal.CloseButton aria-label={closeLabel} className={styles.close} />
          {children}
          <FocusReturn />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** The modal gives the focus back where it is closed, not where it is taken away whole or was opened from a menu. */
function FocusReturn() {
  const [opener] = useState(() => document.activeElement);
  useEffect(() => () => giveFocusBack(opener), [opener]);
  return null;
}
