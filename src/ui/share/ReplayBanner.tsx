/** After a link was opened: whether its numbers came out again, or what differs. */
import { useMemo } from "react";
import { compareReplay } from "../../experiment/replay.ts";
import type { ReplayNumbers } from "../../experiment/replay.ts";
import { Icon } from "../app/icons.tsx";
import { useCases, useExperiment, useResults, useStores, useView } from "../app/stores.ts";
import app from "../app/app.module.css";
import controls from "../controls/controls.module.css";
import { currentNumbers } from "./currentRun.ts";

export function ReplayBanner() {
  const { view } = useStores();
  const opened = useView((s) => s.openedLink);
  const spec = useExperiment((s) => s.spec);
  const results = useResults((s) => s);
  const isAwaiting = useCases(
    ({ radiographs }) => spec.case.kind === "file" && !radiographs[spec.case.sha256],
  );
  const actual = currentNumbers(results);
  const comparison = useMemo(
    () => (opened?.expected && actual ? compareReplay(opened.expected, actual) : null),
    [opened, actual],
  );
  // Once the reader changes anything, the link no longer speaks about what is on screen.
  if (!opened || opened.spec !== spec) return null;
  return (
    <p className={app.banner} data-status={comparison?.status ?? "waiting"} role="status">
      {isAwaiting
        ? "Opened from a link: it replays when its radiograph is opened."
        : sentence(opened.expected, comparison)}
      <button
        type="button"
        className={controls.button}
        aria-label="Dismiss the replay result"
        onClick={() => view.getState().set({ openedLink: null })}
      >
        <Icon name="close" size={12} />
      </button>
    </p>
  );
}

function sentence(
  expected: ReplayNumbers | undefined,
  comparison: ReturnType<typeof compareReplay> | null,
) {
  if (!expected) return "Opened from a link that carries settings but no numbers to compare with.";
  if (!comparison) return "Opened from a link: replaying it here.";
  const { status, differences } = comparison;
  return (
    <span>
      <b>{status === "reproduced" ? "Reproduced." : "Differs from the link."}</b>{" "}
      {status === "reproduced" && "Answers, margins and feature cosine are those of the link. "}
      {differences.join(" ")}
    </span>
  );
}
