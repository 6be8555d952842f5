/** Going through a list of films: one is opened at a time, and what the model says of each is written down. */
import { useCallback, useEffect } from "react";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import { askedOf } from "../../state/asked.ts";
import { thumbOf } from "../../state/worklistStore.ts";
import type { WorklistEntry } from "../../state/worklistStore.ts";
import { givenAnswer } from "../../system/reading.ts";
import type { AnswerResult } from "../../system/reading.ts";
import { useStores } from "../context/stores.ts";
import type { Stores } from "../context/stores.ts";
import { answerWord, percent } from "../kit/formats.ts";
import { useOpenFile } from "./useOpenFile.ts";

export function useOpenEntry(): (entry: WorklistEntry) => Promise<void> {
  const { cases, worklist } = useStores();
  const open = useOpenFile();
  return useCallback(
    async ({ id, file, picture, boxes }) => {
      if (cases.getState().opening) return;
      const opened = await open(file, picture?.index, boxes);
      const { open: mark, update, unfold } = worklist.getState();
      if ("refusal" in opened) return update(id, { sha256: undefined, refusal: opened.refusal });
      const { sha256, pictures } = opened;
      mark(id, sha256);
      if (pictures > 1) unfold(id, pictures);
    },
    [cases, open, worklist],
  );
}

/** Opens every film that has no answer yet, one after another, until it is told to stop. */
export function useAskAll(): () => Promise<void> {
  const stores = useStores();
  const open = useOpenEntry();
  return useCallback(async () => {
    const { worklist } = stores;
    worklist.getState().setAsking(true);
    // An entry may unfold into several while it is opened.
    for (;;) {
      const { isAsking, entries } = worklist.getState();
      const entry = entries.find((each) => !hasAnswer(each, stores));
      if (!isAsking) return;
      if (!entry) break;
      await open(entry);
      if (!(await isAnswered(entry.id, stores))) break;
    }
    worklist.getState().setAsking(false);
  }, [open, stores]);
}

/** What is asked by an experiment of the film it is about. */
function askedBy(spec: ExperimentSpec, { cases }: Pick<Stores, "cases">): string {
  const { radiographs } = cases.getState();
  return askedOf(spec, spec.case.kind === "file" ? radiographs[spec.case.sha256] : undefined);
}

function hasAnswer(entry: WorklistEntry, stores: Stores): boolean {
  const asked = askedBy(stores.experiment.getState().spec, stores);
  return entry.refusal !== undefined || entry.answers[asked] !== undefined;
}

/** True once there is an answer or a refusal; false where the run failed or the list was told to stop. */
function isAnswered(id: number, stores: Stores): Promise<boolean> {
  const { worklist, results } = stores;
  return new Promise((resolve) => {
    const look = () => {
      const { isAsking, entries } = worklist.getState();
      const entry = entries.find((each) => each.id === id);
      const isOver = entry !== undefined && hasAnswer(entry, stores);
      if (!isOver && isAsking && results.getState().error === null) return;
      for (const stop of stops) stop();
      resolve(isOver);
    };
    const stops = [worklist.subscribe(look), results.subscribe(look)];
    look();
  });
}

/** Writes down picture and answer of the film on the bench, while the list is open. */
export function useRecorder(): void {
  const { cases, results, worklist } = useStores();
  useEffect(() => {
    const record = () => {
      const { stages, fidelity, requestId } = results.getState();
      const { input, clean } = stages;
      const { entries, update } = worklist.getState();
      // A film that lies in the folder twice is answered twice; each update comes back here for the next.
      const of = (sha256: string) => entries.filter((entry) => entry.sha256 === sha256);
      if (input?.spec.case.kind === "file") {
        const entry = of(input.spec.case.sha256).find(({ thumb }) => !thumb);
        const { image, size } = input.payload;
        if (entry) return update(entry.id, { thumb: thumbOf(image, size) });
      }
      // A preview behind a defense of many looks takes fewer of them: its answer is not the one asked for.
      const isFull = fidelity === "full" && clean?.requestId === requestId;
      if (isFull && clean.spec.case.kind === "file") {
        const asked = askedBy(clean.spec, { cases });
        const { answer, population } = clean.payload;
        const text = answer ? answerText(answer) : "this model answers no questions";
        const isFar = (population?.isFar ?? false) && answer !== null;
        const entry = of(clean.spec.case.sha256).find(({ answers: { [asked]: known } }) => {
          return known?.text !== text || known.isFar !== isFar;
        });
        if (entry) {
          update(entry.id, { answers: { ...entry.answers, [asked]: { text, isFar } } });
        }
      }
    };
    record();
    const stops = [results.subscribe(record), worklist.subscribe(record)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [cases, results, worklist]);
}

function answerText(answer: AnswerResult): string {
  const given = givenAnswer(answer);
  const share = answer.probabilities[answer.answer];
  return given === answer.corrected && share !== undefined
    ? `${answerWord(given)} ${percent(share)}`
    : answerWord(given);
}
