/** After a reload or a crash: what was on the bench, one click away. Keeps this visit's work from here on. */
import { useEffect, useState } from "react";
import { useExperiment, useRoom, useStores, useView } from "../context/stores.ts";
import { Banner } from "../kit/Banner.tsx";
import { Button } from "../kit/Button.tsx";
import { Icon } from "../kit/icons.tsx";
import { leftBefore, startAutosave } from "./autosave.ts";
import { caseWords, openSession } from "./sessionOfBench.ts";
import type { Session } from "./sessionShelf.ts";

/** Once per visit, whatever React does with the component. */
let left: Promise<Session | undefined> | undefined;

export function RestoreBanner() {
  const stores = useStores();
  const [offered, setOffered] = useState<Session | null>(null);
  const opened = useView((s) => s.openedLink);
  const [first] = useState(() => stores.experiment.getState().spec);
  const isUntouched = useExperiment((s) => s.spec === first);
  const hidden = useRoom((r) => r.hidden);
  useEffect(() => {
    left ??= leftBefore();
    void left.then((session) => setOffered(session ?? null));
    return startAutosave(stores);
  }, [stores]);
  // Whoever came by a link, or has begun something else, finds it among the sessions.
  if (!offered || opened || !isUntouched) return null;
  return (
    <Banner status="waiting" testId="restore">
      <span>
        You left an experiment here at {new Date(offered.savedAt).toLocaleString()}:{" "}
        {offered.spec.question} (<bdi>{caseWords(offered.spec, hidden)}</bdi>)
      </span>
      <Button look="outlined" onClick={() => void openSession(stores, offered)}>
        Go on with it
      </Button>
      <Button aria-label="Dismiss: it stays among the sessions" onClick={() => setOffered(null)}>
        <Icon name="close" size={12} />
      </Button>
    </Banner>
  );
}
