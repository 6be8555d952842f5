/** Puts an experiment that came from outside on the bench, with the view and the numbers that came with it. */
import type { OpenedExperiment } from "../../experiment/openExperiment.ts";
import type { Stores } from "../context/stores.ts";
import { viewFromLink } from "./sharedView.ts";

export function openShared(
  { experiment, results, view }: Pick<Stores, "experiment" | "results" | "view">,
  { spec, view: shared, expected, origin }: OpenedExperiment,
): void {
  // Before the experiment, whose listeners ask whether it is the one that was opened.
  view.getState().set({
    ...(origin === "link" || origin === "session" ? viewFromLink(shared) : {}),
    openedLink: { spec, origin, ...(expected ? { expected } : {}) },
  });
  results.getState().dismissRefusal();
  experiment.getState().open(spec);
}
