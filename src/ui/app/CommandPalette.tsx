/** All commands by name: type a few letters, choose with the arrows, Enter does it. */
import "../kit/dialog.css";
import { Modal } from "@mantine/core";
import { useId, useMemo, useState } from "react";
import type { KeyboardEvent } from "react";
import { useStores, useView } from "../context/stores.ts";
import { useDisplayPresets } from "../viewer/PresetPicker.tsx";
import { fuzzyFind } from "./fuzzy.ts";
import { paletteActions } from "./paletteActions.ts";
import type { PaletteAction } from "./paletteActions.ts";
import styles from "./palette.module.css";

export function CommandPalette() {
  const { view } = useStores();
  const isOpen = useView((s) => s.dialog === "palette");
  const close = () => view.getState().set({ dialog: null });
  return (
    <Modal.Root opened={isOpen} onClose={close} size="min(560px, 94vw)" yOffset="10vh">
      <Modal.Overlay />
      <Modal.Content aria-label="All commands">
        <Modal.Body className={styles.palette}>{isOpen && <Finder onDone={close} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Finder({ onDone }: { readonly onDone: () => void }) {
  const stores = useStores();
  const presets = useDisplayPresets();
  const actions = useMemo(() => paletteActions(stores, presets), [stores, presets]);
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const found = fuzzyFind(actions, query);
  const at = Math.min(chosen, found.length - 1);
  const run = (action: PaletteAction | undefined) => {
    if (!action) return;
    // First, so that a command that opens a dialog is not closed with this one.
    onDone();
    action.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (move !== undefined) setChosen(Math.max(0, Math.min(found.length - 1, at + move)));
    else if (event.key === "Enter") run(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        className={styles.query}
        data-autofocus
        role="combobox"
        aria-label="Command"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[at] ? `${list}-${at}` : undefined}
        placeholder="Type a command"
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <div id={list} role="listbox" aria-label="Commands" className={styles.found}>
        {found.map((action, k) => (
          <button
            type="button"
            tabIndex={-1}
            key={action.id}
            id={`${list}-${k}`}
            role="option"
            aria-selected={k === at}
            ref={k === at ? intoView : undefined}
            onClick={() => run(action)}
            onPointerMove={() => setChosen(k)}
          >
            <span>{action.label}</span>
            {action.keys.length > 0 && <kbd>{action.keys[0]}</kbd>}
          </button>
        ))}
      </div>
      {found.length === 0 && (
        <p className={styles.none} role="status">
          No command is called that.
        </p>
      )}
    </>
  );
}

function intoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}
