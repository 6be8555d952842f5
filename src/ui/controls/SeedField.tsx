/** The seed of a stack member: to read out, to type, or to roll again. */
import { useId, useState } from "react";
import { PARAMS } from "../../experiment/params.ts";
import type { StackItem } from "../../experiment/spec.ts";
import { editItem, reroll } from "../../state/specEdits.ts";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./stack.module.css";

export function SeedField({ item, name }: { readonly item: StackItem; readonly name: string }) {
  const { edit } = useStores().experiment.getState();
  const { min, max, help } = PARAMS[`${item.type}.seed`];
  // What is being typed, which on its way to a seed may be no seed; null when the field shows the member's own.
  const [typed, setTyped] = useState<string | null>(null);
  const complaint = useId();
  const isRefused = typed !== null && typed !== "" && !isSeed(typed, min, max);
  return (
    <div className={styles.seed} title={help}>
      Seed
      <span>
        <input
          className={styles.number}
          type="text"
          inputMode="numeric"
          aria-label={`${name}: Seed`}
          aria-invalid={isRefused}
          aria-describedby={isRefused ? complaint : undefined}
          value={typed ?? item.seed}
          onChange={(event) => {
            const text = event.currentTarget.value.trim();
            setTyped(text);
            if (!isSeed(text, min, max)) return;
            edit(editItem(item.id, (old) => ({ ...old, seed: Number(text) })));
          }}
          onBlur={() => setTyped(null)}
        />
        <Button
          onClick={() => {
            setTyped(null);
            edit(reroll(item.id));
          }}
        >
          Re-roll
        </Button>
      </span>
      {isRefused && (
        <p id={complaint} className={styles.complaint} role="status">
          A seed is a whole number from {min} to {max}; it stays {item.seed}.
        </p>
      )}
    </div>
  );
}

function isSeed(text: string, min: number, max: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
}
