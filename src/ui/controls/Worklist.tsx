/** The films that were picked together: which is open, what the model said of each, and the way to the next. */
import { useEffect, useRef } from "react";
import { askedInWords, askedOf } from "../../state/asked.ts";
import { isKeptBack } from "../../state/roomStore.ts";
import { THUMB, placeOf } from "../../state/worklistStore.ts";
import type { WorklistEntry } from "../../state/worklistStore.ts";
import {
  useCases,
  useExperiment,
  useModels,
  useRoom,
  useStores,
  useWorklist,
} from "../context/stores.ts";
import { Button } from "../kit/Button.tsx";
import { untitled } from "./gallery.ts";
import styles from "./worklist.module.css";
import { useAskAll, useOpenEntry, useRecorder } from "./useWorklist.ts";

export function Worklist() {
  const { worklist } = useStores();
  const entries = useWorklist((s) => s.entries);
  const last = useWorklist((s) => s.last);
  const isAsking = useWorklist((s) => s.isAsking);
  const opening = useCases((s) => s.opening);
  const shown = useExperiment((s) => (s.spec.case.kind === "file" ? s.spec.case.sha256 : null));
  const film = useCases(({ radiographs }) => (shown === null ? undefined : radiographs[shown]));
  const asked = useExperiment((s) => askedOf(s.spec, film));
  const question = useExperiment((s) => s.spec.question);
  const room = useRoom((s) => s);
  const isUntitled = room.hidden.includes("titles");
  const own = useModels((s) => s.own);
  const system = useExperiment((s) => askedInWords(s.spec, film, own[s.spec.model.id]?.name));
  const open = useOpenEntry();
  const askAll = useAskAll();
  useRecorder();
  // A new list begins with its first film.
  const first = entries[0];
  const isNew = entries.every(({ sha256, refusal }) => (sha256 ?? refusal) === undefined);
  useEffect(() => {
    if (first && isNew) void open(first);
  }, [first, isNew, open]);
  const passed = useCases((s) => s.passed);
  const isPassed = ({ sha256 = "" }: WorklistEntry) => passed.includes(sha256);
  const isTold = ({ sha256 = "" }: WorklistEntry) =>
    !isKeptBack(room, "answers", { case: { kind: "file", sha256 }, question });
  const at = placeOf({ entries, last }, shown);
  // Disabled in name only: the focus stays where the next press is due.
  const isBusy = opening || isAsking;
  const done = entries.filter((entry) => entry.refusal ?? entry.answers[asked]).length;
  const step = (by: number) => {
    // What can't be opened is passed over.
    const onward = by < 0 ? entries.slice(0, Math.max(at, 0)).reverse() : entries.slice(at + 1);
    const entry = onward.find(({ refusal }) => refusal === undefined);
    return (
      <Button
        look="outlined"
        aria-disabled={!entry || isBusy}
        onClick={() => void (entry && !isBusy && open(entry))}
      >
        {by < 0 ? "Previous" : "Next"}
      </Button>
    );
  };
  return (
    <div className={styles.worklist}>
      <div className={styles.head}>
        <b>
          {entries.length} films, {done} asked
        </b>
        {step(-1)}
        {step(1)}
        <Button
          look="outlined"
          title={`Opens each film untouched and writes down the answer to: ${question}`}
          onClick={() => (isAsking ? worklist.getState().setAsking(false) : void askAll())}
        >
          {isAsking ? "Stop" : "Ask all"}
        </Button>
        <Button title="The films stay where they are." onClick={() => worklist.getState().close()}>
          Close list
        </Button>
      </div>
      <p className={styles.system} data-testid="worklist-system">
        {system}
      </p>
      <ol className={styles.list} aria-label="Worklist">
        {entries.map((entry, index) => (
          <li key={entry.id}>
            <button
              type="button"
              className={styles.entry}
              aria-current={index === at ? "true" : undefined}
              aria-disabled={isBusy}
              onClick={() => void (isBusy || open(entry))}
            >
              <Thumb thumb={entry.thumb} />
              <span className={styles.name}>{isUntitled ? untitled(index) : nameOf(entry)}</span>
              <span className={styles.said}>
                {said(entry, asked, { isTold: isTold(entry), isPassed: isPassed(entry) })}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function nameOf({ file, picture }: WorklistEntry): string {
  return picture ? `${file.name}, ${picture.index + 1} of ${picture.count}` : file.name;
}

function said(
  { refusal, answers }: WorklistEntry,
  asked: string,
  { isTold, isPassed }: { readonly isTold: boolean; readonly isPassed: boolean },
): string {
  const answer = answers[asked];
  if (refusal !== undefined || answer === undefined) return refusal ?? "not asked";
  if (!isTold) return "after your reading";
  if (!answer.isFar) return answer.text;
  return isPassed ? `unlike its films: ${answer.text}` : "unlike its films: held back";
}

function Thumb({ thumb }: { readonly thumb: WorklistEntry["thumb"] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!thumb || !context) return;
    const pixels = new ImageData(THUMB, THUMB);
    for (const [k, gray] of thumb.entries()) pixels.data.set([gray, gray, gray, 255], 4 * k);
    context.putImageData(pixels, 0, 0);
  }, [thumb]);
  return <canvas ref={canvas} width={THUMB} height={THUMB} aria-hidden="true" />;
}
