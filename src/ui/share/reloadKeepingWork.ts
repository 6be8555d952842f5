/** A reload that loses nothing but the undo history: the experiment crosses it as its own link, in the address. */
import type { ReplayNumbers } from "../../experiment/replaySchema.ts";
import type { ExperimentSpec } from "../../experiment/spec.ts";
import type { ViewValues } from "../../state/viewStore.ts";
import type { Stores } from "../context/stores.ts";
import { takeNewerPage } from "../offline/serviceWorker.ts";
import { currentNumbers } from "./currentRun.ts";
import { sharedView } from "./sharedView.ts";

type Encoder = typeof import("../../experiment/shareLink/encode.ts");

let encoder: Promise<Encoder | undefined> | undefined;

/**
 * Fetches what writes links, after what a first answer needs and while it can still be had: a reload is asked for when the
 * page's files are gone from the server.
 */
export function prepareReload(): void {
  encoder ??= import("../../experiment/shareLink/encode.ts").catch(() => {
    encoder = undefined;
    return undefined;
  });
}

export async function reloadKeepingWork({ experiment, results, view }: Stores): Promise<void> {
  prepareReload();
  const { spec } = experiment.getState();
  const expected = currentNumbers(results.getState()) ?? promisedTo(spec, view.getState());
  const shared = { spec, view: sharedView(view.getState()), ...(expected ? { expected } : {}) };
  try {
    const link = (await encoder)?.encodeShareLink(shared);
    if (link) history.replaceState(null, "", link);
  } catch {
    // An experiment too long for a link: the page opens on its own case, which is better than no page.
  }
  takeNewerPage(() => location.reload());
}

/** What the link that is open promises of this very experiment: a reload while it is still replayed takes it along. */
export function promisedTo(
  spec: ExperimentSpec,
  { openedLink }: Pick<ViewValues, "openedLink">,
): ReplayNumbers | undefined {
  return openedLink?.spec === spec ? openedLink.expected : undefined;
}
