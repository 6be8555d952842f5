/** How often each value occurs on the film, and which of them the display window spreads from black to white. */
import { memo, useMemo } from "react";
import { fileWindow } from "../../image/display.ts";
import { isPadding } from "../../image/radiograph.ts";
import { useView } from "../context/stores.ts";
import { histogramOf } from "../picture/histogram.ts";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

const BINS = 128;
const WIDTH = 256;
const HEIGHT = 64;

/** Not drawn again while the film is dragged. */
export const FilmHistogram = memo(function FilmHistogram({ film }: { readonly film: WholeFilm }) {
  const display = useView((s) => s.window);
  const { radiograph, scale } = film;
  const { low, high, shares } = useMemo(
    () => histogramOf(radiograph.values, BINS, (value) => !isPadding(value, radiograph)),
    [radiograph],
  );
  const { center, width } = fileWindow(display, scale);
  // A background that fills half a film would leave the rest flat: counts are drawn by their square roots.
  const peak = Math.sqrt(Math.max(...shares)) || 1;
  const bars = Array.from(shares, (share, bin) => {
    const top = (HEIGHT - (Math.sqrt(share) / peak) * (HEIGHT - 4)).toFixed(2);
    return `M${(bin * WIDTH) / BINS} ${HEIGHT}V${top}h${WIDTH / BINS}V${HEIGHT}`;
  }).join("");
  const x = (value: number) => ((value - low) / (high - low || 1)) * WIDTH;
  const [from, to] = [x(center - width / 2), x(center + width / 2)];
  const ends = [center - width / 2, center + width / 2].map((value) => short(value));
  return (
    <figure className={styles.histogram} data-testid="film-histogram">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Histogram of the film, values ${short(low)} to ${short(high)}; the display window spreads ${ends[0]} to ${ends[1]}`}
      >
        <rect
          x={from}
          y={0}
          width={Math.max(1, to - from)}
          height={HEIGHT}
          className={styles.spread}
        />
        <path d={bars} className={styles.bars} />
        <line x1={from} y1={HEIGHT} x2={to} y2={0} className={styles.ramp} />
      </svg>
      <figcaption>
        <span>{short(low)}</span>
        <span>
          window {ends[0]} to {ends[1]}
        </span>
        <span>{short(high)}</span>
      </figcaption>
    </figure>
  );
});

function short(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(1000 * value) / 1000;
}
