/** The whole page takes a dropped file. */
import { useEffect, useState } from "react";
import styles from "./case.module.css";
import { useOpenModel } from "../models/useModels.ts";
import { isRunFile, useOpenRun } from "../share/useOpenRun.ts";
import { useOpenFile } from "./useOpenFile.ts";

export function FileDrop() {
  const open = useOpenFile();
  const openModel = useOpenModel();
  const openRun = useOpenRun();
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
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      const [file] = files;
      if (!file) return;
      void (async () => {
        if (files.length === 1 && (await isRunFile(file))) return openRun(file);
        if (!(await openModel(files))) await open(file);
      })();
    };
    document.addEventListener("dragover", onOver);
    document.addEventListener("dragleave", onLeave);
    document.addEventListener("drop", onDrop);
    return () => {
      document.removeEventListener("dragover", onOver);
      document.removeEventListener("dragleave", onLeave);
      document.removeEventListener("drop", onDrop);
    };
  }, [open, openModel, openRun]);
  return isOver ? (
    <div className={styles.dropping}>
      Drop a radiograph, an ONNX encoder or a run manifest: it is read here and goes nowhere.
    </div>
  ) : null;
}
