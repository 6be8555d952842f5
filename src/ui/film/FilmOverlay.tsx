/** What is drawn over the film, in its own coordinates: the square that the model is given, and what was measured. */
import type { RulerLine } from "../../state/viewStore.ts";
import { mapped } from "../picture/filmGeometry.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import { lengthText, measured } from "../picture/measure.ts";
import type { Point } from "../kit/usePointerGestures.ts";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

export function FilmOverlay(props: {
  readonly film: WholeFilm;
  readonly matrix: Affine;
  readonly lines: readonly RulerLine[];
  /** Where the keyboard holds the ruler, in film pixels. */
  readonly tip: Point | null;
}) {
  const { film, matrix, lines, tip } = props;
  const { top, left, width, height } = film.square;
  const corners = [
    { x: left, y: top },
    { x: left + width, y: top },
    { x: left + width, y: top + height },
    { x: left, y: top + height },
  ].map((corner) => mapped(corner, matrix));
  const held = tip && mapped(tip, matrix);
  return (
    <svg className={styles.overlay} aria-hidden="true">
      <polygon
        data-testid="model-square"
        className={styles.square}
        points={corners.map(({ x, y }) => `${x},${y}`).join(" ")}
      />
      {lines.map((line, index) => (
        <Line key={index} line={line} film={film} matrix={matrix} />
      ))}
      {held && <circle className={styles.tip} cx={held.x} cy={held.y} r={6} />}
    </svg>
  );
}

function Line(props: {
  readonly line: RulerLine;
  readonly film: WholeFilm;
  readonly matrix: Affine;
}) {
  const { line, film, matrix } = props;
  const { pixelSpacingMm, pixelAspect } = film.radiograph;
  const [from, to] = [mapped(line.from, matrix), mapped(line.to, matrix)];
  const ends = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  return (
    <>
      <line className={styles.shadow} {...ends} />
      <line className={styles.line} {...ends} />
      <text className={styles.length} x={to.x + 8} y={to.y - 6}>
        {lengthText(measured(line, pixelSpacingMm, pixelAspect))}
      </text>
    </>
  );
}
