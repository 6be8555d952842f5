/** A written text whose words show where they looked: pointing at one, or tabbing to it, lays its map over the picture. */
import type { CSSProperties } from "react";
import type { WordRun } from "../../experiment/instruments/instrumentResult.ts";
import { useStores } from "../context/stores.ts";
import styles from "./wordMaps.module.css";
import { decimal } from "../../numerics/decimalText.ts";

export function WordMaps(props: { readonly instrument: string; readonly run: WordRun }) {
  const { instrument, run } = props;
  const { view } = useStores();
  const show = (map: string | undefined) =>
    view
      .getState()
      .set({ attention: map === undefined ? null : { source: "map", instrument, map } });
  return (
    <figure className={styles.words} data-testid={`words-${run.picture}`}>
      <figcaption>{run.title}</figcaption>
      <p>
        {run.pieces.map(({ text, probability, map }, k) => {
          const told = `${decimal(100 * probability, 1)} %`;
          const sure = { "--sure": `${Math.round(100 * probability)}%` } as CSSProperties;
          return map === undefined ? (
            <span key={k} title={told} style={sure}>
              {text}
            </span>
          ) : (
            <button
              key={k}
              type="button"
              title={`${told}: point to see where it looked`}
              style={sure}
              onPointerEnter={() => show(map)}
              onPointerLeave={() => show(undefined)}
              onFocus={() => show(map)}
              onBlur={() => show(undefined)}
            >
              {text}
            </button>
          );
        })}
      </p>
    </figure>
  );
}
