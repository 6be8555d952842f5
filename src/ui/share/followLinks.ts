/** Opens the experiment of a share link: the one the page was opened with, and any pasted into the address later. */
import { toErrorData } from "../../errors/labError.ts";
import { decodeShareLink } from "../../experiment/shareLink.ts";
import type { Stores } from "../app/stores.ts";
import { viewFromLink } from "./sharedView.ts";

export function followLinks({ experiment, results, view }: Stores): void {
  const open = () => {
    const { hash } = location;
    if (hash.length < 2) return;
    try {
      const { spec, view: shared, expected } = decodeShareLink(hash);
      experiment.getState().open(spec);
      view.getState().set({
        ...viewFromLink(shared),
        openedLink: { spec: experiment.getState().spec, ...(expected ? { expected } : {}) },
      });
    } catch (error) {
      results.getState().refuse(toErrorData(error));
    } finally {
      // The address would go on naming an experiment that the reader has long changed.
      history.replaceState(null, "", location.pathname + location.search);
    }
  };
  open();
  window.addEventListener("hashchange", open);
}
