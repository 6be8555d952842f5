/** What was measured, as text: the value and where it holds. */
import type { FilmMeasure } from "../../state/viewStore.ts";
import { measured } from "../picture/measure.ts";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

export function Measurements(props: {
  readonly film: WholeFilm | null;
  readonly items: readonly FilmMeasure[];
}) {
  const { film, items } = props;
  if (!film || items.length === 0) return null;
  return (
    <ul className={styles.lengths} aria-label="Measurements">
      {items.map((item, index) => {
        const told = measured(item, film.radiograph);
        return (
          told && (
            <li key={index}>
              <b>{told.text}</b> {told.meaning}
            </li>
          )
        );
      })}
    </ul>
  );
}
