/** A radiograph of the reader's own: what the file says of it, and what of it the model is given. */
import { useEffect, useRef, useState } from "react";
import { useCases, useExperiment, useStores } from "../context/stores.ts";
import { useHidden } from "../context/useHidden.ts";
import type { FrameOf, Radiograph } from "../../image/radiograph.ts";
import { Button } from "../kit/Button.tsx";
import { FilmMap } from "./FilmMap.tsx";
import { ModelWindow } from "./ModelWindow.tsx";
import { useOpenFile } from "./useOpenFile.ts";
import { useOpenEntry } from "./useWorklist.ts";
import styles from "./case.module.css";
import { significant } from "../../numerics/decimalText.ts";

export function FileCase({ sha256 }: { readonly sha256: string }) {
  const { view } = useStores();
  const radiograph = useCases((s) => s.radiographs[sha256]);
  if (!radiograph) return <Missing key={sha256} sha256={sha256} />;
  return (
    <>
      <p className={styles.saw}>
        <b>Your {radiograph.source === "dicom" ? "DICOM" : radiograph.source.toUpperCase()} file</b>
        , {radiograph.cols} x {radiograph.rows}
        {radiograph.pixelAspect !== 1 &&
          ` pixels, each ${significant(radiograph.pixelAspect, 2)} times as high as wide`}
        , {radiograph.bitsStored} bit. It never leaves this tab.{" "}
        {radiograph.source === "dicom" && (
          <Button look="inline" onClick={() => view.getState().set({ dialog: "header" })}>
            DICOM header
          </Button>
        )}
      </p>
      {radiograph.source === "dicom" && <Taken film={radiograph} />}
      {radiograph.notices.map((notice) => (
        <p key={notice} className={styles.saw}>
          {notice}
        </p>
      ))}
      <Marked />
      {radiograph.frame && <FrameChoice sha256={sha256} frame={radiograph.frame} />}
      <FilmMap radiograph={radiograph} />
      <ModelWindow radiograph={radiograph} />
    </>
  );
}

/** How it was taken, and why nothing more is told. */
function Taken({ film }: { readonly film: Radiograph }) {
  const { modality, view, kilovolts, exposureMas, device } = film.acquisition ?? {};
  const { pixelSpacingMm: spacing } = film;
  const facts = [
    modality,
    view && `${view} view`,
    kilovolts && `${significant(kilovolts, 4)} kVp`,
    exposureMas && `${significant(exposureMas, 3)} mAs`,
    spacing
      ? `pixels of ${significant(spacing.col, 3)} x ${significant(spacing.row, 3)} mm`
      : "no pixel size",
    film.photometric,
  ].filter(Boolean);
  return (
    <p className={styles.saw} data-testid="film-facts">
      {facts.join(", ")}
      {device && (
        <>
          , <span translate="no">{device}</span>
        </>
      )}
      . <span>Names and dates are hidden on purpose.</span>
    </p>
  );
}

/** A film whose pixels are not at hand: read again where its file is known, as after an undo to a film that was let go. */
function Missing({ sha256 }: { readonly sha256: string }) {
  const frame = useExperiment(({ spec }) => ("frame" in spec.case ? spec.case.frame : undefined));
  const file = useCases((s) => s.files[sha256]);
  const isOpening = useCases((s) => s.opening);
  const open = useOpenFile();
  /** Once: a file that was moved meanwhile stays away. */
  const isTried = useRef(false);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    if (!file || isOpening || isTried.current) return;
    isTried.current = true;
    void open(file).then((opened) => setRefused("refusal" in opened));
  }, [file, isOpening, open]);
  if (file && !isRefused) {
    return (
      <p className={styles.needs} role="status">
        This film was let go to leave room for others. It is being read again from its file.
      </p>
    );
  }
  return (
    <p className={styles.needs} role="status">
      This experiment is about a reader’s own radiograph (pixel hash {sha256.slice(0, 12)}…
      {frame === undefined ? "" : `, picture ${frame} of its file`}), which is never part of a link.
      Open the same file to replay it.
    </p>
  );
}

/** Where a table said that findings are on this film. */
function Marked() {
  const open = useExperiment((s) => s.spec.case);
  const isHidden = useHidden("truth");
  if (open.kind !== "file" || !open.boxes || isHidden) return null;
  const findings = [...new Set(open.boxes.map(({ finding }) => finding))];
  return (
    <p className={styles.saw}>
      <b>Marked on it:</b> {findings.join(", ")} ({open.boxes.length}{" "}
      {open.boxes.length === 1 ? "box" : "boxes"}). Explanations say how much of their weight lies
      there.
    </p>
  );
}

/** Another picture of the same file; a file that a session brought along has only the one that was kept. */
function FrameChoice(props: { readonly sha256: string; readonly frame: FrameOf }) {
  const { index, count } = props.frame;
  const file = useCases((s) => s.files[props.sha256]);
  const { worklist } = useStores();
  const open = useOpenFile();
  const openEntry = useOpenEntry();
  if (!file) return <p className={styles.saw}>Open the file again for its other pictures.</p>;
  const show = (frame: number) => {
    if (frame < 0 || frame >= count) return;
    const entry = worklist
      .getState()
      .entries.find((each) => each.file === file && each.picture?.index === frame);
    void (entry ? openEntry(entry) : open(file, frame));
  };
  // Disabled in name only: at either end the focus stays where it was.
  return (
    <div className={styles.actions} role="group" aria-label="Picture of the file">
      <Button look="outlined" aria-disabled={index === 0} onClick={() => show(index - 1)}>
        Previous picture
      </Button>
      <span>
        {index + 1} of {count}
      </span>
      <Button look="outlined" aria-disabled={index + 1 === count} onClick={() => show(index + 1)}>
        Next picture
      </Button>
    </div>
  );
}
