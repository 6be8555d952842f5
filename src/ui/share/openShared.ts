/** Puts an experiment that came from outside on the bench, with the view and the numbers that came with it. */
import type { OpenedExperiment } from "../../experiment/openExperiment.ts";
import { refuseLocked } from "../../state/roomStore.ts";
import type { Stores } from "../context/stores.ts";
import { viewFromLink } from "./sharedView.ts";

/** @throws LabError "room-locked" for what would take the place of what an instructor locked; a link brings its own locks */
export function openShared(
  { experiment, results, room, view }: Pick<Stores, "experiment" | "results" | "room" | "view">,
  { spec, view: shared, expected, origin }: OpenedExperiment,
): void {
  if (origin !== "link") refuseLocked(room.getState(), "experiment");
  // Before the experiment, whose listeners ask whether it is the one that was opened.
  view.getState().set({
    ...(origin === "link" || origin === "session" ? viewFromLink(shared) : {}),
    openedLink: { spec, origin, ...(expected ? { expected } : {}) },
  });
  results.getState().dismissRefusal();
  experiment.getState().open(spec);
}
