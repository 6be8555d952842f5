/** Experiments kept in this browser: named, opened again, deleted. */
import { useCallback, useEffect, useState } from "react";
import type { SyntheticEvent } from "react";
import { useRoom, useStores } from "../context/stores.ts";
import { WorkDialog } from "../context/WorkDialog.tsx";
import { Button } from "../kit/Button.tsx";
import { SureButton } from "../kit/SureButton.tsx";
import { caseWords, openSession, saveBench } from "./sessionOfBench.ts";
import {
  deleteEverything,
  deleteSession,
  keepsFilms,
  keptSessions,
  setKeepsFilms,
} from "./sessionShelf.ts";
import type { Session } from "./sessionShelf.ts";
import styles from "./sessions.module.css";

export function SessionsDialog() {
  return (
    <WorkDialog
      door="sessions"
      size="min(720px, 96vw)"
      label="Sessions"
      closeLabel="Close sessions"
    >
      {(close) => <Sessions onOpened={close} />}
    </WorkDialog>
  );
}

/** "none": this browser keeps nothing. */
type Shelf = readonly Session[] | "none" | null;

function useShelf(): { readonly shelf: Shelf; refresh(): Promise<void> } {
  const [shelf, setShelf] = useState<Shelf>(null);
  const refresh = useCallback(() => keptSessions().then((kept) => setShelf(kept ?? "none")), []);
  useEffect(() => {
    void keptSessions().then((kept) => setShelf(kept ?? "none"));
  }, []);
  return { shelf, refresh };
}

function Sessions({ onOpened }: { readonly onOpened: () => void }) {
  const stores = useStores();
  const { shelf, refresh } = useShelf();
  const hidden = useRoom((r) => r.hidden);
  const open = async (session: Session) => {
    if (await openSession(stores, session)) onOpened();
  };
  const remove = async (id: string) => {
    await deleteSession(id);
    await refresh();
  };
  return (
    <>
      <p className={styles.lead}>
        Kept in this browser, on this machine, and nowhere else. What is on the bench is kept by
        itself while you work.
      </p>
      {shelf === "none" && (
        <p role="alert" className={styles.lead}>
          This browser keeps nothing here (a private window, or a full disk). Save the run manifest
          under Share instead: it opens again.
        </p>
      )}
      <SaveForm onSaved={refresh} />
      {Array.isArray(shelf) && shelf.length > 0 && (
        <ul className={styles.list} aria-label="Kept sessions">
          {(shelf as readonly Session[]).map((session) => (
            <li key={session.id}>
              <div>
                <b>{session.name}</b>
                <span>
                  {session.spec.question} (<bdi>{caseWords(session.spec, hidden)}</bdi>),{" "}
                  {new Date(session.savedAt).toLocaleString()}
                </span>
              </div>
              <Button
                look="outlined"
                aria-label={`Open ${session.name}`}
                onClick={() => void open(session)}
              >
                Open
              </Button>
              <SureButton
                aria-label={`Delete ${session.name}`}
                sure="Delete for good"
                onSure={() => void remove(session.id)}
              >
                Delete
              </SureButton>
            </li>
          ))}
        </ul>
      )}
      <FilmsKept onDeleted={refresh} />
    </>
  );
}

function SaveForm({ onSaved }: { readonly onSaved: () => Promise<void> }) {
  const stores = useStores();
  const [name, setName] = useState("");
  const [hasFailed, setFailed] = useState(false);
  const save = async (event: SyntheticEvent) => {
    event.preventDefault();
    const id = `${Date.now()}-${Math.floor(performance.now())}`;
    const called = name.trim() || stores.experiment.getState().spec.question;
    setFailed(!(await saveBench(stores, id, called)));
    setName("");
    await onSaved();
  };
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <input
        aria-label="Name of the session"
        placeholder="Name, or the question if you leave it empty"
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button look="outlined" type="submit">
        Keep what is on the bench
      </Button>
      {hasFailed && <span role="alert">It could not be kept.</span>}
    </form>
  );
}

function FilmsKept({ onDeleted }: { readonly onDeleted: () => Promise<void> }) {
  const [isOn, setOn] = useState(false);
  useEffect(() => {
    void keepsFilms().then(setOn);
  }, []);
  const change = async (next: boolean) => {
    setOn(next);
    await setKeepsFilms(next);
  };
  const deleteAll = async () => {
    await deleteEverything();
    setOn(false);
    await onDeleted();
  };
  return (
    <div className={styles.films}>
      <label>
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => void change(event.currentTarget.checked)}
        />
        Keep the pixels of my own films too, so that their sessions open without the file
      </label>
      <p className={styles.lead}>
        Only pixels and their geometry: no name, no date, no file name. Leave it off on a machine
        that others use; a session then asks for its film again.
      </p>
      <SureButton look="outlined" sure="Delete them all for good" onSure={() => void deleteAll()}>
        Delete all sessions and films kept here
      </SureButton>
    </div>
  );
}
