/** A reload that loses nothing but the undo history: the experiment crosses it as its own link, in the address. */
import { encodeShareLink } from "../../experiment/shareLink/encode.ts";
import type { Stores } from "../context/stores.ts";
import { takeNewerPage } from "../offline/serviceWorker.ts";
import { currentNumbers } from "./currentRun.ts";
import { sharedView } from "./sharedView.ts";

export function reloadKeepingWork({ experiment, results, view }: Stores): void {
  const { spec } = experiment.getState();
  const expected = currentNumbers(results.getState());
  try {
    const shared = {
      spec,
      view: sharedView(view.getState()),
      ...(expected ? { expected } : {}),
    };
    history.replaceState(null, "", encodeShareLink(shared));
  } catch {
    // An experiment too long for a link: the page opens on its own case, which is better than no page.
  }
  takeNewerPage(() => location.reload());
}
