/** How a room works with the bench: what an instructor has locked or hidden, the seed all share, and the projector. */
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import { LabError } from "../errors/labError.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import type { HiddenName, LockName } from "../lesson/room.ts";

export interface RoomValues {
  readonly locks: readonly LockName[];
  readonly hidden: readonly HiddenName[];
  /** Which pictures the blind quiz draws; the same for a whole room. */
  readonly seed: number;
  readonly isProjector: boolean;
  /** What the reader said of a film and question before the answers were shown, by `blindKey`. */
  readonly readings: Readonly<Record<string, string>>;
  /** Rounds of the blind quiz that is open; null where none is. */
  readonly quizRounds: number | null;
}

export interface RoomState extends RoomValues {
  set(values: Partial<RoomValues>): void;
}

export type RoomStore = StoreApi<RoomState>;

export const NO_ROOM: RoomValues = {
  locks: [],
  hidden: [],
  seed: 1,
  isProjector: false,
  readings: {},
  quizRounds: null,
};

export function createRoomStore(): RoomStore {
  return createStore<RoomState>()((set) => ({ ...NO_ROOM, set: (values) => set(values) }));
}

/** Names what a reader reads blindly: a film and a question. */
export function blindKey({
  case: film,
  question,
}: Pick<ExperimentSpec, "case" | "question">): string {
  // The same film wherever its file keeps it, and whatever of it the model is given.
  const { sha256 } = film as { readonly sha256?: string };
  return JSON.stringify([sha256 ?? film, question]);
}

/** Whether answers, or what gives them away, are kept back until the reader has said their own reading. */
export function isKeptBack(
  { hidden, readings }: Pick<RoomState, "hidden" | "readings">,
  what: HiddenName,
  spec: Pick<ExperimentSpec, "case" | "question">,
): boolean {
  if (!hidden.includes(what)) return false;
  // With the reader's own reading made, this film has nothing left to hide.
  return !(hidden.includes("answers") && readings[blindKey(spec)] !== undefined);
}

/** Before what would set a locked part aside without an edit of it. @throws LabError "room-locked" */
export function refuseLocked(
  { locks }: Pick<RoomState, "locks">,
  part: LockName | "experiment",
): void {
  if (part === "experiment" ? locks.length === 0 : !locks.includes(part)) return;
  const what = part === "experiment" ? locks.join(", ") : part;
  throw new LabError("room-locked", `The instructor has locked this here: ${what}.`, {
    hint: "Leave the lesson, or open the page without the instructor's link, to work freely.",
  });
}
