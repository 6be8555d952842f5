/** What is drawn over the film, in its own coordinates: the square that the model is given, and what was measured. */
import type { FilmMeasure } from "../../state/viewStore.ts";
import { mapped } from "../picture/filmGeometry.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import { isRegionTool } from "../picture/measure.ts";
import { measuredOn } from "../picture/measureOnFilm.ts";
import type { Point } from "../kit/pointers.ts";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

export function FilmOverlay(props: {
  readonly film: WholeFilm;
  readonly matrix: Affine;
  readonly items: readonly FilmMeasure[];
  /** Where the keyboard holds the tool, in film pixels. */
  readonly tip: Point | null;
  /** The square can be taken by its corners. */
  readonly hasHandles: boolean;
}) {
  const { film, matrix, items, tip, hasHandles } = props;
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
      {hasHandles &&
        corners.map(({ x, y }, index) => (
          <rect key={index} className={styles.handle} x={x - 4} y={y - 4} width={8} height={8} />
        ))}
      {items.map((item, index) => (
        <Drawn key={index} item={item} film={film} matrix={matrix} />
      ))}
      {held && <circle className={styles.tip} cx={held.x} cy={held.y} r={6} />}
    </svg>
  );
}

/** Sides of the polygon that stands for an ellipse. */
const SIDES = 72;

/** Round an area, closed, in film pixels. */
function outlineOf({ tool, points: [from, to = from] }: FilmMeasure): readonly Point[] {
  if (!from || !to) return [];
  if (tool === "rectangle") {
    return [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }, from];
  }
  return Array.from({ length: SIDES + 1 }, (_, k) => {
    const angle = (2 * Math.PI * k) / SIDES;
    return {
      x: (from.x + to.x) / 2 + ((to.x - from.x) / 2) * Math.cos(angle),
      y: (from.y + to.y) / 2 + ((to.y - from.y) / 2) * Math.sin(angle),
    };
  });
}

/** One line, two arms, two lines or the outline of an area, with the value beside the point that was set last. */
function Drawn(props: {
  readonly item: FilmMeasure;
  readonly film: WholeFilm;
  readonly matrix: Affine;
}) {
  const { item, film, matrix } = props;
  const onFilm = isRegionTool(item.tool) ? outlineOf(item) : item.points;
  const points = onFilm.map((point) => mapped(point, matrix));
  const lines = item.tool === "heartRatio" ? [points.slice(0, 2), points.slice(2)] : [points];
  const end = item.points.at(-1);
  const last = end && mapped(end, matrix);
  const told = measuredOn(item, film.radiograph);
  return (
    <>
      {[styles.shadow, styles.line].map((look) =>
        lines.map((line, index) => (
          <polyline
            key={`${look} ${index}`}
            className={look}
            points={line.map(({ x, y }) => `${x},${y}`).join(" ")}
          />
        )),
      )}
      {last && told && (
        <text className={styles.length} x={last.x + 8} y={last.y - 6}>
          {told.text}
        </text>
      )}
    </>
  );
}
