/** A folder of the reader's own films, opened for a study. */
import { useRef, useState } from "react";
import { toErrorData } from "../../errors/labError.ts";
import { createDecodeClient } from "../../io/decodeClient.ts";
import { useStores } from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { FileInput } from "../kit/FileInput.tsx";
import { keepBroken } from "./brokenFilms.ts";
import { mostPixels, readFolder } from "./folderStudy.ts";
import type { FolderFilms } from "./folderStudy.ts";
import { laneCount } from "./studyLane.ts";
import styles from "./studies.module.css";

export function FolderPicker({ onFilms }: { readonly onFilms: (films: FolderFilms) => void }) {
  const { cases } = useStores();
  const picker = useRef<HTMLInputElement>(null);
  const [reading, setReading] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [failing, setFailing] = useState<readonly string[]>([]);
  const read = async (files: readonly File[]) => {
    const decoder = createDecodeClient();
    let done = 0;
    setRefusal(null);
    setProblems([]);
    setFailing([]);
    try {
      const decode = async (bytes: ArrayBuffer) => {
        setReading(`Reading film ${++done} of ${files.length}…`);
        return decoder.load(bytes);
      };
      const lanes = laneCount(navigator.hardwareConcurrency);
      const films = await readFolder(files, decode, mostPixels(lanes));
      for (const [sha256, radiograph] of films.radiographs) {
        cases.getState().keep(sha256, radiograph);
      }
      keepBroken(films.broken);
      setProblems(films.problems);
      setFailing(films.failing);
      onFilms(films);
    } catch (error) {
      const { message, hint } = toErrorData(error);
      setRefusal([message, hint].filter(Boolean).join(" "));
    } finally {
      decoder.dispose();
      setReading(null);
    }
  };
  return (
    <div className={styles.folder}>
      <Button look="outlined" disabled={reading !== null} onClick={() => picker.current?.click()}>
        Choose a folder…
      </Button>
      <FileInput
        ref={picker}
        label="A folder of films"
        folder
        onPick={(files) => void read(files)}
      />
      <p className={styles.note}>
        DICOM, PNG, JPEG or TIFF. They stay in this tab. A table beside them (CSV: file, then a
        column for each finding with 1 or 0) says what is right; a question set (CSV or JSON: image,
        question, paraphrases, phenomenon, label) says what to ask.
      </p>
      {reading && <p role="status">{reading}</p>}
      {refusal && <p role="alert">{refusal}</p>}
      {failing.length > 0 && (
        <Named
          title={`${failing.length} can't be read: their rows fail and say why`}
          lines={failing}
        />
      )}
      {problems.length > 0 && <Named title={`${problems.length} left out`} lines={problems} />}
    </div>
  );
}

function Named({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  return (
    <details className={styles.note}>
      <summary>{title}</summary>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  );
}
