/** The corners of the film viewer: how it is turned, what lies under the pointer, the window, the zoom; and the same as text. */
import { IDENTITY_WINDOW, statedWindow } from "../../image/display.ts";
import type { Tone } from "../../image/display.ts";
import { useView } from "../context/stores.ts";
import { orientationText } from "../picture/filmGeometry.ts";
import type { Affine } from "../picture/filmGeometry.ts";
import type { Point } from "../kit/pointers.ts";
import { probeFilm, probeText } from "../picture/probe.ts";
import viewer from "../viewer/viewer.module.css";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";
import { decimal, significant } from "../../numerics/decimalText.ts";

export function FilmCorners(props: {
  readonly film: WholeFilm;
  readonly matrix: Affine;
  readonly tone: Tone;
  /** Under the pointer, in film pixels. */
  readonly at: Point | null;
}) {
  const { film, matrix, tone, at } = props;
  const isShown = useView((s) => s.cornerText);
  const view = useView((s) => s.film);
  const display = useView((s) => s.window);
  const invert = useView((s) => s.invert);
  const { cols, rows } = film.radiograph;
  const { center, width } = film.isPhantom ? display : statedWindow(display, film.scale);
  const isDragged =
    display.center !== IDENTITY_WINDOW.center || display.width !== IDENTITY_WINDOW.width;
  const orientation = orientationText(view);
  const ratio = globalThis.devicePixelRatio || 1;
  const zoom = `${Math.round(100 * Math.hypot(matrix.a, matrix.b) * ratio)}%`;
  const probed = at && probeFilm(film.radiograph, at, tone);
  const windowText = `W ${short(width)} C ${short(center)}${invert ? " inverted" : ""}`;
  return (
    <>
      <span id="film-value" className="visually-hidden">
        {`Display window width ${Math.round(width)}, centre ${Math.round(center)}, ${zoom} of the film’s pixels${invert ? ", inverted" : ""}${orientation ? `, ${orientation}` : ""}.`}
      </span>
      {/* Never switched off: left is right on a mirrored film. */}
      <div className={viewer.corners} data-corners="" aria-hidden="true">
        <span className={orientation ? styles.turned : undefined} data-testid="orientation">
          {orientation ?? ""}
        </span>
        {isShown && (
          <>
            <span data-testid="film-probe">{probed ? probeText(probed) : ""}</span>
            <span>{`${isDragged ? "Display only: " : ""}${windowText}`}</span>
            <span>{`${zoom}  ${cols} x ${rows}`}</span>
          </>
        )}
      </div>
    </>
  );
}

/** Whole numbers, and three digits of what is smaller. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? decimal(value, 0) : significant(value, 3);
}
