/** Thumbnails of the phantoms on offer. */
import { useEffect, useRef } from "react";
import { AS_GIVEN, UNIT_SCALE, grayPixels } from "../../image/display.ts";
import type { PhantomSpec } from "../../phantom/spec.ts";
import { useExperiment, useStores } from "../context/stores.ts";
import { useHidden } from "../context/useHidden.ts";
import { pictures } from "../picture/pictureClient.ts";
import { GALLERY, openGalleryCase, untitled } from "./gallery.ts";
import type { GalleryCase } from "./gallery.ts";
import styles from "./case.module.css";

const THUMB = 96;

export function Gallery() {
  const { experiment } = useStores();
  const open = useExperiment((s) => (s.spec.case.kind === "phantom" ? s.spec.case.phantom : null));
  const isUntitled = useHidden("titles");
  const nameOf = (entry: GalleryCase, k: number) => (isUntitled ? untitled(k) : entry.name);
  return (
    <ul className={styles.gallery} aria-label="Gallery of phantoms">
      {GALLERY.map((entry, k) => (
        <li key={entry.name}>
          <button
            type="button"
            className={styles.thumb}
            aria-label={`Open phantom: ${nameOf(entry, k)}`}
            aria-pressed={open !== null && JSON.stringify(open) === JSON.stringify(entry.phantom)}
            onClick={() =>
              experiment.getState().edit((spec) => openGalleryCase(spec, entry, isUntitled))
            }
          >
            <Thumbnail phantom={entry.phantom} />
            <span className={styles.thumbName}>
              {isUntitled ? untitled(k) : (entry.caption ?? entry.name)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Thumbnail({ phantom }: { readonly phantom: PhantomSpec }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isOver = false;
    const draw = ({ image }: { readonly image: Float32Array }) => {
      if (isOver) return;
      const pixels = grayPixels(image, UNIT_SCALE, AS_GIVEN);
      canvas.current?.getContext("2d")?.putImageData(new ImageData(pixels, THUMB, THUMB), 0, 0);
    };
    // A thumbnail that can't be drawn stays black; opening the case says why.
    pictures.phantom(phantom, THUMB, "thumbnail").then(draw, () => {});
    return () => {
      isOver = true;
    };
  }, [phantom]);
  return <canvas ref={canvas} width={THUMB} height={THUMB} />;
}
