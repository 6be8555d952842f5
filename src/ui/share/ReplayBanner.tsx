/** After a link or a run manifest was opened: whether its numbers came out again, or what differs. */
import { useMemo } from "react";
import { compareReplay } from "../../experiment/replay.ts";
import { isOwnModel } from "../../model/catalog.ts";
import type { OpenedLink } from "../../state/viewStore.ts";
import { Icon } from "../kit/icons.tsx";
import { useGate } from "../context/useGate.ts";
import { useHidden } from "../context/useHidden.ts";
import {
  useCases,
  useExperiment,
  useModels,
  useResultValues,
  useStores,
  useView,
} from "../context/stores.ts";
import { Banner } from "../kit/Banner.tsx";
import { Button } from "../kit/Button.tsx";
import { currentNumbers } from "./currentRun.ts";

export function ReplayBanner() {
  const { view } = useStores();
  const opened = useView((s) => s.openedLink);
  const isOpen = useExperiment((s) => s.spec === opened?.spec);
  const open = useExperiment((s) => s.spec.case);
  const model = useExperiment((s) => s.spec.model.id);
  const awaitsFilm = useCases(
    ({ radiographs }) => open.kind === "file" && !radiographs[open.sha256],
  );
  const awaitsModel = useModels(({ own }) => isOwnModel(model) && !own[model]);
  const actual = useResultValues(currentNumbers);
  const isHidden = useHidden("answers");
  const isHeld = useGate() !== null || isHidden;
  const comparison = useMemo(
    () => (opened?.expected && actual && !isHeld ? compareReplay(opened.expected, actual) : null),
    [opened, actual, isHeld],
  );
  // Once the reader changes anything, the link no longer speaks about what is on screen.
  if (!opened || !isOpen) return null;
  return (
    <Banner status={comparison?.status ?? "waiting"}>
      {awaitsFilm || awaitsModel
        ? `Opened from ${NAMES[opened.origin]}: it replays when its ${awaitsFilm ? "radiograph" : "model"} is opened.`
        : isHidden
          ? `Opened from ${NAMES[opened.origin]}. Whether its numbers came out again is said after your own reading.`
          : isHeld && opened.expected
            ? `Opened from ${NAMES[opened.origin]}. Whether its numbers came out again is said once you ask for this film’s answer.`
            : sentence(opened, comparison)}
      <Button
        aria-label="Dismiss the replay result"
        onClick={() => view.getState().set({ openedLink: null })}
      >
        <Icon name="close" size={12} />
      </Button>
    </Banner>
  );
}

const NAMES: Readonly<Record<OpenedLink["origin"], string>> = {
  link: "a link",
  manifest: "a run manifest",
  experiment: "a file",
  session: "a session kept in this browser",
};

function sentence(
  { expected, origin }: OpenedLink,
  comparison: ReturnType<typeof compareReplay> | null,
) {
  const from = `Opened from ${NAMES[origin]}`;
  if (!expected) return `${from} that carries settings but no numbers to compare with.`;
  if (!comparison) return `${from}: replaying it here.`;
  const { status, differences } = comparison;
  return (
    <span>
      <b>{status === "reproduced" ? "Reproduced." : `Differs from the ${origin}.`}</b>{" "}
      {status === "reproduced" &&
        `Answers, margins and feature cosine are those of the ${origin}. `}
      {differences.join(" ")}
    </span>
  );
}
