/** Dialogs that few first minutes need: fetched when they are first opened, so that the first answer does not wait for them. */
import { Suspense, lazy, useState } from "react";
import type { ReactNode } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { useModels, useView } from "../context/stores.ts";

const HelpDialog = lazy(() =>
  loadPart(() => import("./HelpDialog.tsx")).then(({ HelpDialog: dialog }) => ({
    default: dialog,
  })),
);
const ModelDialog = lazy(() =>
  loadPart(() => import("../models/ModelDialog.tsx")).then(({ ModelDialog: dialog }) => ({
    default: dialog,
  })),
);
const StudiesDialog = lazy(() =>
  loadPart(() => import("../studies/StudiesDialog.tsx")).then(({ StudiesDialog: dialog }) => ({
    default: dialog,
  })),
);
const ExportDialog = lazy(() =>
  loadPart(() => import("../share/ExportDialog.tsx")).then(({ ExportDialog: dialog }) => ({
    default: dialog,
  })),
);
const CommandPalette = lazy(() =>
  loadPart(() => import("./CommandPalette.tsx")).then(({ CommandPalette: palette }) => ({
    default: palette,
  })),
);
const SessionsDialog = lazy(() =>
  loadPart(() => import("../sessions/SessionsDialog.tsx")).then(({ SessionsDialog: sessions }) => ({
    default: sessions,
  })),
);
const CompareDialog = lazy(() =>
  loadPart(() => import("../compare/CompareDialog.tsx")).then(({ CompareDialog: compare }) => ({
    default: compare,
  })),
);
const CineDialog = lazy(() =>
  loadPart(() => import("../cine/CineDialog.tsx")).then(({ CineDialog: cine }) => ({
    default: cine,
  })),
);
const Guide = lazy(() =>
  loadPart(() => import("../lessons/Guide.tsx")).then(({ Guide: guide }) => ({ default: guide })),
);

export function LateDialogs() {
  const isHelp = useView((s) => s.helpOpen);
  const isStudies = useView((s) => s.studiesOpen);
  const dialog = useView((s) => s.dialog);
  const isGuide = useView((s) => s.guideStep !== null);
  const isModel = useModels((s) => s.draft !== null);
  return (
    <>
      <Late isWanted={isHelp}>
        <HelpDialog />
      </Late>
      <Late isWanted={isModel}>
        <ModelDialog />
      </Late>
      <Late isWanted={isStudies}>
        <StudiesDialog />
      </Late>
      <Late isWanted={dialog === "export"}>
        <ExportDialog />
      </Late>
      <Late isWanted={dialog === "palette"}>
        <CommandPalette />
      </Late>
      <Late isWanted={dialog === "sessions"}>
        <SessionsDialog />
      </Late>
      <Late isWanted={dialog === "compare"}>
        <CompareDialog />
      </Late>
      <Late isWanted={dialog === "replay"}>
        <CineDialog />
      </Late>
      <Late isWanted={isGuide}>
        <Guide />
      </Late>
    </>
  );
}

/** Mounted when it is first wanted and from then on, so that a dialog can close in its own way. */
function Late({
  isWanted,
  children,
}: {
  readonly isWanted: boolean;
  readonly children: ReactNode;
}) {
  const [wasWanted, setWasWanted] = useState(false);
  if (isWanted && !wasWanted) setWasWanted(true);
  if (!isWanted && !wasWanted) return null;
  return (
    <ErrorBoundary>
      <Suspense fallback={null}>{children}</Suspense>
    </ErrorBoundary>
  );
}
