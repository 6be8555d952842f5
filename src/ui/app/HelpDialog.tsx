/** Keys and mouse, in one place: what they do, and others in their place. */
import { useState } from "react";
import type { KeyboardEvent } from "react";
import type { Buttons, DragRole } from "../../state/keyStore.ts";
import { HELP, POINTER, isFixed, keyName, keysOf, rebound } from "../context/keymap.ts";
import type { Command } from "../context/keymap.ts";
import { useKeys, useStores, useView } from "../context/stores.ts";
import { Dialog } from "../kit/Dialog.tsx";
import { Button } from "../kit/Button.tsx";
import { Select } from "../kit/Select.tsx";
import styles from "./app.module.css";

interface Asked {
  readonly command: Command;
  readonly from: string;
}

const DRAGS: Readonly<Record<DragRole, string>> = {
  pan: "pan",
  zoom: "zoom at the cursor",
  window: "display window",
};

export function HelpDialog() {
  const { view, keys } = useStores();
  const isOpen = useView((s) => s.helpOpen);
  const own = useKeys((s) => s.keys);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [refusal, setRefusal] = useState("");
  const close = () => view.getState().set({ helpOpen: false });
  const stopAsking = (said = "") => {
    setAsked(null);
    setRefusal(said);
  };

  /** The next key is the answer; nothing else hears it. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (!asked || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return stopAsking();
    const result = rebound(asked, event.ctrlKey ? `ctrl+${event.key}` : event.key, own);
    if ("refusal" in result) return stopAsking(result.refusal);
    keys.getState().setKeys(asked.command, result.own);
    stopAsking();
  };

  return (
    <Dialog
      opened={isOpen}
      onClose={close}
      size="md"
      closeOnEscape={!asked}
      label="Keys and mouse"
      closeLabel="Close help"
      className={styles.help}
      onKeyDownCapture={onKeyDown}
    >
      <p className={styles.helpHint} role="status">
        {refusal ||
          (asked
            ? `Press the new key for “${commandName(asked)}”, or Esc to leave it.`
            : "Press a key below to put another in its place; this browser keeps your choice.")}
      </p>
      <dl className={styles.keys}>
        {POINTER.map(({ press, does }) => (
          <Line key={does} does={does}>
            {press.map((name) => (
              <kbd key={name}>{name}</kbd>
            ))}
          </Line>
        ))}
        <ButtonLine button="middle" />
        <ButtonLine button="right" />
        {HELP.map(({ commands, does }) => (
          <Line key={does} does={does}>
            {commands.flatMap((command) =>
              keysOf(command, own).map((from) => (
                <Key
                  key={`${command} ${from}`}
                  asked={{ command, from }}
                  isAsked={asked?.command === command && asked.from === from}
                  onAsk={(next) => {
                    setRefusal("");
                    setAsked(next);
                  }}
                />
              )),
            )}
          </Line>
        ))}
      </dl>
      <Button look="outlined" onClick={() => keys.getState().reset()}>
        All keys as they came
      </Button>
    </Dialog>
  );
}

function commandName({ command, from }: Asked): string {
  const row = HELP.find(({ commands }) => commands.includes(command));
  return `${row?.does ?? command} (${keyName(from)})`;
}

function Line({ does, children }: { readonly does: string; readonly children: React.ReactNode }) {
  return (
    <div style={{ display: "contents" }}>
      <dt>{children}</dt>
      <dd>{does}</dd>
    </div>
  );
}

function Key(props: {
  readonly asked: Asked;
  readonly isAsked: boolean;
  readonly onAsk: (asked: Asked) => void;
}) {
  const { asked, isAsked, onAsk } = props;
  const name = keyName(asked.from);
  if (isFixed(asked.from)) return <kbd>{name}</kbd>;
  return (
    <button
      type="button"
      className={styles.key}
      aria-label={`Change ${name}: ${commandName(asked)}`}
      aria-pressed={isAsked}
      onClick={() => onAsk(asked)}
    >
      <kbd>{isAsked ? "…" : name}</kbd>
    </button>
  );
}

function ButtonLine({ button }: { readonly button: keyof Buttons }) {
  const { keys } = useStores();
  const role = useKeys((s) => s.buttons[button]);
  return (
    <div style={{ display: "contents" }}>
      <dt>
        <kbd>{button} drag</kbd>
      </dt>
      <dd>
        <Select
          aria-label={`A drag with the ${button} button`}
          value={role}
          onChange={(event) =>
            keys.getState().setButton(button, event.currentTarget.value as DragRole)
          }
        >
          {Object.entries(DRAGS).map(([value, does]) => (
            <option key={value} value={value}>
              {does}
            </option>
          ))}
        </Select>
      </dd>
    </div>
  );
}
