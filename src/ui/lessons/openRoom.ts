/** Opens what the address of a room names: a lesson, or the blind quiz, with what the instructor locked and hid. */
import { readRoomLink, roomFragment } from "../../lesson/room.ts";
import type { RoomLink } from "../../lesson/room.ts";
import { NO_ROOM } from "../../state/roomStore.ts";
import type { Stores } from "../context/stores.ts";
import { fetchLesson, leaveLesson, openLesson } from "./lessonSession.ts";

type Bench = Pick<Stores, "experiment" | "history" | "lessons" | "results" | "room" | "view">;

/** @param fragment of the address; one without a lesson and without a quiz leaves either. */
export async function openRoom(bench: Bench, fragment: string): Promise<void> {
  const link = readRoomLink(fragment);
  const { isProjector } = bench.room.getState();
  const lesson = link.lesson === undefined ? null : await fetchLesson(link.lesson);
  bench.room.getState().set({
    ...NO_ROOM,
    isProjector,
    locks: link.locks,
    hidden: link.hidden,
    seed: link.seed ?? NO_ROOM.seed,
    quizRounds: link.quiz ?? null,
  });
  if (lesson) openLesson(bench, lesson, (link.step ?? 1) - 1);
  else leaveLesson(bench);
}

/** Opens it and puts it into the address, so that a reload begins it again and Back leaves it. */
export async function enterRoom(bench: Bench, link: RoomLink): Promise<void> {
  const fragment = roomFragment(link);
  await openRoom(bench, fragment);
  history.pushState(null, "", fragment);
}

/** Leaves the lesson or the quiz for the reader's own work, and the address with it. */
export function leaveRoom(bench: Bench): void {
  const { isProjector } = bench.room.getState();
  bench.room.getState().set({ ...NO_ROOM, isProjector });
  history.pushState(null, "", location.pathname + location.search);
  leaveLesson(bench);
}
