/** A radiograph of the reader's own: what the file says of it, and what of it the model is given. */
import { useCases } from "../context/stores.ts";
import { FilmMap } from "./FilmMap.tsx";
import { ModelWindow } from "./ModelWindow.tsx";
import styles from "./case.module.css";

export function FileCase({ sha256 }: { readonly sha256: string }) {
  const radiograph = useCases((s) => s.radiographs[sha256]);
  if (!radiograph) {
    return (
      <p className={styles.needs} role="status">
        This experiment is about a reader’s own radiograph (pixel hash {sha256.slice(0, 12)}…),
        which is never part of a link. Open the same file to replay it.
      </p>
    );
  }
  return (
    <>
      <p className={styles.saw}>
        <b>Your {radiograph.source === "dicom" ? "DICOM" : radiograph.source.toUpperCase()} file</b>
        , {radiograph.cols} x {radiograph.rows}
        {radiograph.pixelAspect !== 1 &&
          ` pixels, each ${radiograph.pixelAspect.toPrecision(2)} times as high as wide`}
        , {radiograph.bitsStored} bit. It never leaves this tab.
      </p>
      {radiograph.notices.map((notice) => (
        <p key={notice} className={styles.saw}>
          {notice}
        </p>
      ))}
      <FilmMap radiograph={radiograph} />
      <ModelWindow radiograph={radiograph} />
    </>
  );
}
