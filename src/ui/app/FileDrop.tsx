/** The whole page takes dropped files: a radiograph, a model or its folder, a run manifest. */
import { useCallback, useEffect, useState } from "react";
import styles from "./app.module.css";
import { droppedFiles } from "../models/droppedFiles.ts";
import type { DroppedFile } from "../models/droppedFiles.ts";
import { readingError } from "../models/readingError.ts";
import { useOpenModel } from "../models/useModels.ts";
import { isRunFile, useOpenRun } from "../share/useOpenRun.ts";
import { useStores } from "../context/stores.ts";
import { TABLE, useOpenFilms } from "../controls/useOpenFilms.ts";

const PICTURE = /\.(dcm|dicom|dic|ima|png|jpe?g)$/i;
/** A file of a DICOM medium has no ending, and its DICOMDIR is no picture. */
const NAMED_BY_NUMBER = /(^|\/)(?!DICOMDIR$)[^./]+$/;

function films(files: readonly DroppedFile[]): readonly DroppedFile[] {
  const pictures = files.filter(({ path }) => PICTURE.test(path));
  return pictures.length > 0 ? pictures : files.filter(({ path }) => NAMED_BY_NUMBER.test(path));
}

/** Finds out what the files are and opens it. */
function useOpenDropped(): (dropped: Promise<readonly DroppedFile[]>) => Promise<void> {
  const { results } = useStores();
  const open = useOpenFilms();
  const openModel = useOpenModel();
  const openRun = useOpenRun();
  return useCallback(
    async (dropped) => {
      try {
        const files = await dropped;
        const pictures = films(files);
        const first = pictures[0] ?? files[0];
        if (!first) {
          results.getState().refuse({
            code: "not-found",
            message: "What was dropped holds no file.",
            hint: "Drop a radiograph, an ONNX model or its folder, or a run manifest.",
          });
        } else if (files.length === 1 && (await isRunFile(first.file))) {
          await openRun(first.file);
        } else if (!(await openModel(files))) {
          const tables = pictures.length > 0 ? files.filter(({ path }) => TABLE.test(path)) : [];
          const opened = pictures.length > 0 ? pictures : [first];
          await open([...opened, ...tables].map(({ file }) => file));
        }
      } catch (error) {
        results.getState().refuse(readingError(error));
      }
    },
    [open, openModel, openRun, results],
  );
}

/** What was dropped before is opened before: finding out what a file is takes one longer than another. */
let before: Promise<void> = Promise.resolve();

export function FileDrop() {
  const openDropped = useOpenDropped();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const onOver = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!holdsFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      // Read at once: the event forgets its files.
      const dropped = droppedFiles(event.dataTransfer);
      before = before.then(() => openDropped(dropped));
      // A refusal is told when its turn comes.
      dropped.catch(() => undefined);
    };
    document.addEventListener("dragover", onOver);
    document.addEventListener("dragleave", onLeave);
    document.addEventListener("drop", onDrop);
    return () => {
      document.removeEventListener("dragover", onOver);
      document.removeEventListener("dragleave", onLeave);
      document.removeEventListener("drop", onDrop);
    };
  }, [openDropped]);
  return isOver ? (
    <div className={styles.dropping}>
      Drop a radiograph, an ONNX model or its folder, or a run manifest: it is read here and goes
      nowhere.
    </div>
  ) : null;
}
