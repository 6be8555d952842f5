/** An instrument's table at the size of the page: every column at once, its pictures larger. */
import { Dialog } from "../kit/Dialog.tsx";
import { Sideways } from "./Sideways.tsx";
import { TableRows } from "./TableRows.tsx";
import type { TableProps } from "./TableRows.tsx";
import styles from "./instruments.module.css";

export function TableDialog(props: TableProps & { readonly onClose: () => void }) {
  const { onClose, ...rest } = props;
  const { title } = rest.table;
  return (
    <Dialog
      opened
      onClose={onClose}
      size="min(900px, 94vw)"
      label={`${title}, enlarged`}
      title={title}
      closeLabel="Close"
      className={styles.large}
    >
      <Sideways label={title}>
        <TableRows {...rest} onShown={onClose} />
      </Sideways>
    </Dialog>
  );
}
