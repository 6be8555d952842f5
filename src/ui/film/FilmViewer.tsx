/** The whole of the open film at its own resolution, with the square that the model is given drawn on it. */
import { useCallback, useMemo, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import { toneOf } from "../../image/display.ts";
import type { FilmView } from "../../state/viewStore.ts";
import { useStores, useView } from "../context/stores.ts";
import { useExtent } from "../kit/useExtent.ts";
import { usePointerGestures } from "../kit/usePointerGestures.ts";
import type { Point } from "../kit/pointers.ts";
import { filmToViewer, inverse, mapped, panFilm, zoomFilm } from "../picture/filmGeometry.ts";
import type { FilmOnViewer } from "../picture/filmGeometry.ts";
import { FilmBar } from "./FilmBar.tsx";
import { FilmCanvas } from "./FilmCanvas.tsx";
import { FilmCorners } from "./FilmCorners.tsx";
import { FilmHistogram } from "./FilmHistogram.tsx";
import { FilmInset } from "./FilmInset.tsx";
import { FilmLayers } from "./FilmLayers.tsx";
import { FilmLens } from "./FilmLens.tsx";
import { FilmOverlay } from "./FilmOverlay.tsx";
import { Measurements } from "./Measurements.tsx";
import { filmTool, filmToolInHand } from "./filmTools.ts";
import type { FilmSurface } from "./filmTools.ts";
import { AttentionScale } from "../viewer/AttentionScale.tsx";
import { isMeasureTool } from "../viewer/tools/toolFaces.ts";
import { toggleMaximized } from "../viewer/maximize.ts";
import { windowTool } from "../viewer/tools/windowTool.ts";
import { useWholeFilm } from "./useWholeFilm.ts";
import styles from "./film.module.css";

export function FilmViewer() {
  const stores = useStores();
  const frame = useRef<HTMLDivElement>(null);
  const extent = useExtent(frame);
  const { film, isUnderWay } = useWholeFilm();
  const view = useView((s) => s.film);
  const window = useView((s) => s.window);
  const invert = useView((s) => s.invert);
  const toolName = useView((s) => s.tool);
  const tool = filmToolInHand(toolName);
  const measures = useView((s) => s.measures);
  const inset = useView((s) => s.filmInset);
  const hasHistogram = useView((s) => s.histogram);
  const hasMagnifier = useView((s) => s.magnifier);
  const [hover, setHover] = useState<Point | null>(null);
  const [tip, setTip] = useState<Point | null>(null);
  const [losses, setLosses] = useState(0);
  const onLost = useCallback(() => setLosses((count) => count + 1), []);

  const matrix = useMemo(
    () => (film && extent.width > 0 ? filmToViewer(view, film.radiograph, extent) : null),
    [film, view, extent],
  );
  const tone = useMemo(
    () => (film ? toneOf(film.scale, { window, invert }) : null),
    [film, window, invert],
  );
  const items = film && measures.of === film.key ? measures.items : [];

  const surface = (): FilmSurface | null =>
    film && {
      stores,
      film: film.radiograph,
      key: film.key,
      extent: () => extent,
      toViewer: () => filmToViewer(stores.view.getState().film, film.radiograph, extent),
      toFilm: (at) => {
        const now = filmToViewer(stores.view.getState().film, film.radiograph, extent);
        return mapped(at, inverse(now));
      },
      square: film.isPhantom ? null : film.square,
      tip: { get: () => tip, set: setTip },
    };

  const change = (to: (now: FilmView, on: FilmOnViewer) => FilmView) => {
    const { film: now, set } = stores.view.getState();
    if (film) set({ film: to(now, { film: film.radiograph, viewer: extent }) });
  };
  usePointerGestures(frame, {
    press: (at, press) => {
      const on = surface();
      const nothing = { onMove: () => {}, onUp: () => {}, onCancel: () => {} };
      return on ? filmTool(press, tool, stores.keys.getState().buttons).onDown(at, on) : nothing;
    },
    hover: setHover,
    zoom: (factor, at) => change((now, on) => zoomFilm(now, factor, at, on)),
    pan: (by) => change((now, on) => panFilm(now, by, on)),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const on = surface();
    // A divider inside it has keys of its own, and the bench the rest of them.
    if (event.target !== event.currentTarget) return;
    if (!on || !tool.onKey?.(event.key, on)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <figure className={styles.viewer} data-pane="film">
      <FilmBar film={film} extent={extent} />
      {/* A viewer is one widget that takes pointer and keys itself, which no HTML element stands for. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={frame}
        className={styles.frame}
        style={{ cursor: tool.cursor }}
        data-scrolls={tool === windowTool}
        role="application"
        aria-label="Whole film viewer"
        aria-describedby="film-value"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKeyDown}
        onDoubleClick={() => toggleMaximized(stores.view)}
      >
        {film && matrix && tone ? (
          <>
            <FilmCanvas key={losses} {...{ matrix, tone, extent, onLost }} levels={film.levels} />
            {inset && <FilmInset inset={inset} film={film} matrix={matrix} extent={extent} />}
            <FilmLayers square={film.square} matrix={matrix} />
            <FilmOverlay
              film={film}
              matrix={matrix}
              items={items}
              tip={isMeasureTool(toolName) ? tip : null}
              hasHandles={toolName === "square" && !film.isPhantom}
            />
            <FilmCorners
              film={film}
              matrix={matrix}
              tone={tone}
              at={hover && mapped(hover, inverse(matrix))}
            />
            <AttentionScale pane="clean" />
            {hasHistogram && <FilmHistogram film={film} />}
            {hasMagnifier && hover && (
              <FilmLens level={film.levels[0]!} matrix={matrix} tone={tone} at={hover} />
            )}
          </>
        ) : (
          <p className={styles.waiting} role="status">
            {isUnderWay ? "The film is being read." : "There is no film here to show."}
          </p>
        )}
      </div>
      <Measurements film={film} items={items} />
    </figure>
  );
}
