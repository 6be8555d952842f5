/** The seed of a stack member: to read out, to type, or to roll again. */
import { PARAMS } from "../../experiment/params.ts";
import type { StackItem } from "../../experiment/spec.ts";
import { editItem, reroll } from "../../state/specEdits.ts";
import { useStores } from "../app/stores.ts";
import controls from "./controls.module.css";
import styles from "./stack.module.css";

export function SeedField({ item, name }: { readonly item: StackItem; readonly name: string }) {
  const { edit } = useStores().experiment.getState();
  const { min, max, help } = PARAMS[`${item.type}.seed`];
  return (
    <div className={styles.seed} title={help}>
      Seed
      <span>
        <input
          className={styles.number}
          type="number"
          aria-label={`${name}: Seed`}
          min={min}
          max={max}
          step={1}
          value={item.seed}
          onChange={(event) => {
            const seed = event.currentTarget.valueAsNumber;
            if (!Number.isInteger(seed) || seed < min || seed > max) return;
            edit(editItem(item.id, (old) => ({ ...old, seed })));
          }}
        />
        <button type="button" className={controls.button} onClick={() => edit(reroll(item.id))}>
          Re-roll
        </button>
      </span>
    </div>
  );
}
