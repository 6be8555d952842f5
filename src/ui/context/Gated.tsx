/**
 * A door that stays shut while what it would show is kept from view: by an instructor, by the reader's own blind mode, or
 * because the film is unlike all that the model knows.
 */
import type { ReactNode } from "react";
import type { HiddenName } from "../../lesson/room.ts";
import type { DialogName } from "../../state/viewStore.ts";
import { isKeptBack } from "../../state/roomStore.ts";
import { Gate } from "./Gate.tsx";
import { useExperiment, useRoom } from "./stores.ts";
import { useGate } from "./useGate.ts";
import styles from "./locked.module.css";

export type Door = DialogName | "studies" | "manifest";

/** What each door would tell. One that tells nothing says so here: its own words are looked after where they are made. */
export const TELLS: Readonly<Record<Door, readonly HiddenName[]>> = {
  export: ["answers", "truth", "sliders"],
  compare: ["answers"],
  agreement: ["answers"],
  kept: [],
  replay: ["answers"],
  studies: ["answers", "truth", "titles", "sliders"],
  manifest: ["answers", "truth", "sliders"],
  archive: [],
  sessions: [],
  palette: [],
  // Who and what a film is called.
  header: ["titles"],
};

const NAMES: Readonly<Record<HiddenName, string>> = {
  answers: "the model’s answers",
  truth: "the ground truth",
  titles: "the names of the films",
  sliders: "what the phantom has",
};

/** What of a door's words is kept from view now; none for an open one. */
export function useKeptBack(door: Door): readonly HiddenName[] {
  const spec = useExperiment((s) => s.spec);
  const hidden = useRoom((s) => s.hidden);
  const readings = useRoom((s) => s.readings);
  return TELLS[door].filter((what) => isKeptBack({ hidden, readings }, what, spec));
}

export function Gated({ door, children }: { readonly door: Door; readonly children: ReactNode }) {
  const kept = useKeptBack(door);
  const gate = useGate();
  // Studies are about other films than the open one.
  const isOfFilm = door !== "studies" && TELLS[door].includes("answers");
  if (kept.length === 0) return gate && isOfFilm ? <Gate said={gate} /> : children;
  return (
    <p role="status" className={styles.shut}>
      This would show {inWords(kept)}, which {kept.length === 1 ? "is" : "are"} hidden here.{" "}
      {kept.includes("answers")
        ? "Give your own reading first (right, under Your reading)."
        : "It opens when nothing is hidden any more: Lessons, Blind."}
    </p>
  );
}

function inWords(kept: readonly HiddenName[]): string {
  const names = kept.map((what) => NAMES[what]);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
