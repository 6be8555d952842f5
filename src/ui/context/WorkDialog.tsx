/** A dialog about the whole experiment: open while the view names it, and shut on what is kept from view. */
import type { ComponentProps, ReactNode } from "react";
import type { DialogName } from "../../state/viewStore.ts";
import { Dialog } from "../kit/Dialog.tsx";
import { Gated } from "./Gated.tsx";
import { useStores, useView } from "./stores.ts";

interface Props extends Omit<ComponentProps<typeof Dialog>, "opened" | "onClose" | "children"> {
  /** Its name in the view. */
  readonly door: DialogName;
  /** Mounted while it is open. */
  readonly children: (close: () => void) => ReactNode;
}

export function WorkDialog({ door, children, ...dialog }: Props) {
  const { view } = useStores();
  const isOpen = useView((s) => s.dialog === door);
  const close = () => view.getState().set({ dialog: null });
  return (
    <Dialog {...dialog} opened={isOpen} onClose={close}>
      {isOpen && <Gated door={door}>{children(close)}</Gated>}
    </Dialog>
  );
}
