/**
 * Opens the experiment or the study of a share link: the one the page was opened with, and any put into the address later. The link
 * stays in the address, for a bookmark or a reload, until the reader changes the experiment; Back then returns to it.
 */
import { toErrorData } from "../../errors/labError.ts";
import { loadPart } from "../../host/loadPart.ts";
import { isRoomLink, readRoomLink } from "../../lesson/room.ts";
import type { Stores } from "../context/stores.ts";
import { openShared } from "./openShared.ts";

/** Opens what the address of a room names: a lesson or the quiz; "" leaves either. */
export type OpenRoom = (fragment: string) => Promise<void>;

/** @returns when the experiment of the address, if it names one, is on the bench. What reads links is fetched only then. */
export async function followLinks(stores: Stores, openRoom: OpenRoom): Promise<void> {
  const { experiment, lessons, results, room, view } = stores;
  const open = async () => {
    const { hash } = location;
    const isInRoom = lessons.getState().lesson !== null || room.getState().quizRounds !== null;
    if (hash.length < 2 && !isInRoom) return;
    try {
      if (isInRoom || isRoomLink(hash)) await openRoom(isRoomLink(hash) ? hash : "");
      if (hash.length < 2 || isRoomLink(hash)) return;
      if (/^#s\d/.test(hash)) {
        const { decodeStudyLink } = await loadPart(() => import("../../study/studyLink.ts"));
        view.getState().set({ linkedStudy: decodeStudyLink(hash), studiesOpen: true });
        return;
      }
      const { locks, hidden, seed } = readRoomLink(hash);
      // The link's own experiment comes in past the locks that it sets.
      room.getState().set({ locks, hidden, ...(seed === undefined ? {} : { seed }) });
      const { decodeShareLink } = await loadPart(
        () => import("../../experiment/shareLink/decode.ts"),
      );
      if (location.hash === hash) openShared(stores, { ...decodeShareLink(hash), origin: "link" });
    } catch (error) {
      results.getState().refuse(toErrorData(error));
    }
  };
  window.addEventListener("hashchange", () => void open());
  experiment.subscribe(({ spec }, before) => {
    if (spec === before.spec || location.hash.length < 2 || isRoomLink(location.hash)) return;
    if (spec === view.getState().openedLink?.spec) return;
    // The address must not go on naming an experiment that is no longer on the bench.
    history.pushState(null, "", location.pathname + location.search);
  });
  await open();
}
