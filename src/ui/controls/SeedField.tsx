/** The seed of a member of a list: to read out, to type, or to roll again. */
import { useId, useState } from "react";
import { PARAMS } from "../../experiment/params.ts";
import { nextSeed } from "../../state/specEdits.ts";
import { Button } from "../kit/Button.tsx";
import styles from "./stack.module.css";

export function SeedField(props: {
  readonly of: "attack" | "perturbation" | "defense";
  readonly seed: number;
  readonly name: string;
  readonly onChange: (seed: number) => void;
}) {
  const { of, seed, name, onChange } = props;
  const { min, max, help } = PARAMS[`${of}.seed`];
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
          value={typed ?? seed}
          onChange={(event) => {
            const text = event.currentTarget.value.trim();
            setTyped(text);
            if (!isSeed(text, min, max)) return;
            onChange(Number(text));
          }}
          onBlur={() => setTyped(null)}
        />
        <Button
          onClick={() => {
            setTyped(null);
            onChange(nextSeed(seed));
          }}
        >
          Re-roll
        </Button>
      </span>
      {isRefused && (
        <p id={complaint} className={styles.complaint} role="status">
          A seed is a whole number from {min} to {max}; it stays {seed}.
        </p>
      )}
    </div>
  );
}

function isSeed(text: string, min: number, max: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= min && Number(text) <= max;
}
