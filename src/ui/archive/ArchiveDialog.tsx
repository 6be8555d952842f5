/** Films of an archive that the page's own server passes on: searched, and opened as files are. */
import { useEffect, useRef, useState } from "react";
import type { SyntheticEvent } from "react";
import { toErrorData } from "../../errors/labError.ts";
import type { LabErrorData } from "../../errors/labError.ts";
import { LIMITS, openArchive } from "../../io/dicomWeb.ts";
import type { ArchiveQuery, ArchiveStudy } from "../../io/dicomWeb.ts";
import { useStores } from "../context/stores.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { useOpenFile } from "../controls/useOpenFile.ts";
import { Button } from "../kit/Button.tsx";
import { StudyTable } from "./StudyTable.tsx";
import styles from "./archive.module.css";

/** The path that scripts/archive.mjs serves, beside the page wherever that lies. */
const archive = openArchive(new URL("dicom-web", document.baseURI).href);

export function ArchiveDialog() {
  return (
    <WorkDialog
      door="archive"
      size="min(860px, 96vw)"
      label="Open from an archive"
      closeLabel="Close the archive"
    >
      {(close) => <ArchiveSearch onOpened={close} />}
    </WorkDialog>
  );
}

type Progress =
  | { readonly kind: "idle" | "searching" }
  | { readonly kind: "fetching"; readonly uid: string; readonly done: number; readonly of: number };

function ArchiveSearch({ onOpened }: { readonly onOpened: () => void }) {
  const [query, setQuery] = useState<ArchiveQuery>({ name: "", patientId: "", from: "", to: "" });
  const [studies, setStudies] = useState<readonly ArchiveStudy[] | null>(null);
  const [progress, setProgress] = useState<Progress>({ kind: "idle" });
  const [refusal, setRefusal] = useState<LabErrorData | null>(null);
  const show = useShow();
  // Whoever closes the dialog while films are on their way has changed their mind.
  const isWanted = useRef(true);
  useEffect(() => {
    isWanted.current = true;
    return () => {
      isWanted.current = false;
    };
  }, []);

  const attempt = async (work: () => Promise<void>) => {
    setRefusal(null);
    try {
      await work();
    } catch (error) {
      setRefusal(toErrorData(error));
    } finally {
      setProgress({ kind: "idle" });
    }
  };
  const search = (event: SyntheticEvent) => {
    event.preventDefault();
    setProgress({ kind: "searching" });
    void attempt(async () => setStudies(await archive.search(query)));
  };
  const open = (study: ArchiveStudy) =>
    attempt(async () => {
      const { uid } = study;
      const onFilm = (done: number, of: number) => setProgress({ kind: "fetching", uid, done, of });
      const files = await archive.films(study, onFilm);
      if (!isWanted.current) return;
      onOpened();
      await show(files);
    });
  const isBusy = progress.kind !== "idle";
  const field = (name: keyof ArchiveQuery, label: string, type: "text" | "date" = "text") => (
    <label>
      {label}
      <input
        type={type}
        value={query[name]}
        maxLength={64}
        onChange={(event) => setQuery({ ...query, [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <>
      <p className={styles.lead}>
        Radiographs (CR, DX) of the DICOMweb archive behind this page&apos;s own server. They are
        read here, and nothing is sent to the archive but the search. Names stay in this list: no
        link, file or session of the lab holds one.
      </p>
      <form className={styles.form} onSubmit={search}>
        {field("name", "Patient's name, or part of it")}
        {field("patientId", "Patient ID")}
        {field("from", "From", "date")}
        {field("to", "To", "date")}
        <Button look="outlined" type="submit" disabled={isBusy}>
          {progress.kind === "searching" ? "Searching…" : "Search"}
        </Button>
      </form>
      {refusal && (
        <p role="alert" className={styles.lead}>
          {refusal.message} {refusal.hint}
        </p>
      )}
      {studies && (
        <p className={styles.lead} role="status">
          {progress.kind === "fetching"
            ? `Fetching film ${progress.done + 1} of ${progress.of}`
            : foundWords(studies.length)}
        </p>
      )}
      {studies && studies.length > 0 && (
        <StudyTable studies={studies} isBusy={isBusy} onOpen={(study) => void open(study)} />
      )}
    </>
  );
}

function foundWords(count: number): string {
  if (count === 0) return "No study with radiographs fits.";
  const most = `The newest ${LIMITS.studies} studies that fit; say more to see others.`;
  return count < LIMITS.studies ? `${count} ${count === 1 ? "study fits" : "studies fit"}.` : most;
}

/** One film is opened; several become the list to go through. */
function useShow(): (files: readonly File[]) => Promise<void> {
  const { worklist } = useStores();
  const openFile = useOpenFile();
  return async (files) => {
    const [only] = files;
    if (files.length > 1) worklist.getState().begin(files);
    else if (only) await openFile(only);
  };
}
