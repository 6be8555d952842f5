/** The line above the film: what it is, and how it is turned. */
import { memo } from "react";
import { useTitles } from "../context/useTitles.ts";
import { useStores, useView } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { IconButton } from "../kit/IconButton.tsx";
import type { Extent } from "../kit/useExtent.ts";
import { mirrored, trueZoom, turned, upended } from "../picture/filmGeometry.ts";
import type { FilmView } from "../../state/viewStore.ts";
import { FilmInsetPicker } from "./FilmInsetPicker.tsx";
import type { WholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

/** Not drawn again while the film is dragged. */
export const FilmBar = memo(function FilmBar({
  film,
  extent,
}: {
  readonly film: WholeFilm | null;
  readonly extent: Extent;
}) {
  const { view } = useStores();
  const title = useTitles();
  const hasInset = useView((s) => s.filmInset !== null);
  const hasHistogram = useView((s) => s.histogram);
  const change = (to: (now: FilmView) => FilmView) => () =>
    view.getState().set({ film: to(view.getState().film) });
  return (
    <div className={styles.bar}>
      <span className={styles.title}>{film?.isPhantom ? "Phantom" : "Whole film"}</span>
      <span className={styles.explanation}>
        {!hasInset &&
          (film?.isPhantom
            ? "Drawn finer than the model is given it."
            : "The model’s part is dashed (S moves it).")}
      </span>
      <FilmInsetPicker />
      <Button
        aria-pressed={hasHistogram}
        title="How often each value occurs, and which of them the window shows"
        onClick={() => view.getState().set({ histogram: !hasHistogram })}
      >
        Histogram
      </Button>
      <Button onClick={change((now) => ({ ...now, zoom: 1, x: 0.5, y: 0.5 }))}>Fit</Button>
      <Button
        title="One pixel of the film for each pixel of the screen"
        disabled={!film}
        onClick={change((now) =>
          film ? { ...now, zoom: trueZoom(film.radiograph, extent, now.turns) } : now,
        )}
      >
        1:1
      </Button>
      <IconButton
        name={title("turnLeft")}
        icon="turnLeft"
        size={14}
        onPress={change((now) => turned(now, -1))}
      />
      <IconButton
        name={title("turnRight")}
        icon="turnRight"
        size={14}
        onPress={change((now) => turned(now, 1))}
      />
      <IconButton name={title("mirror")} icon="mirror" size={14} onPress={change(mirrored)} />
      <IconButton name={title("upend")} icon="upend" size={14} onPress={change(upended)} />
    </div>
  );
});
