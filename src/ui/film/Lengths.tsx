/** What was measured, as text: the length and the plane it holds in. */
import type { RulerLine } from "../../state/viewStore.ts";
import { lengthText, measured } from "../picture/measure.ts";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

export function Lengths(props: {
  readonly film: WholeFilm | null;
  readonly lines: readonly RulerLine[];
}) {
  const { film, lines } = props;
  if (!film || lines.length === 0) return null;
  const { pixelSpacingMm, pixelAspect } = film.radiograph;
  return (
    <ul className={styles.lengths} aria-label="Measured lengths">
      {lines.map((line, index) => {
        const length = measured(line, pixelSpacingMm, pixelAspect);
        return (
          <li key={index}>
            <b>{lengthText(length)}</b> {length.meaning}
          </li>
        );
      })}
    </ul>
  );
}
