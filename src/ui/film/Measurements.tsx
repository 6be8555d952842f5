/** What was measured, as text: the value and where it holds. */
import type { FilmMeasure } from "../../state/viewStore.ts";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { measuredOn } from "../picture/measureOnFilm.ts";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

export function Measurements(props: {
  readonly film: WholeFilm | null;
  readonly items: readonly FilmMeasure[];
}) {
  const { film, items } = props;
  const { view } = useStores();
  if (!film || items.length === 0) return null;
  return (
    <div className={styles.lengths}>
      <ul aria-label="Measurements">
        {items.map((item, index) => {
          const told = measuredOn(item, film.radiograph);
          return (
            told && (
              <li key={index}>
                <b>{told.text}</b> {told.meaning}
              </li>
            )
          );
        })}
      </ul>
      <Button onClick={() => view.getState().set({ measures: { of: "", items: [] } })}>
        Clear measurements
      </Button>
    </div>
  );
}
