/** What a whole experiment can be used for, each fetched when it is first opened; known to the page by one name only. */
import { lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { useView } from "../context/stores.ts";
import { Late } from "./Late.tsx";

const ExportDialog = lazy(() =>
  loadPart(() => import("../share/ExportDialog.tsx")).then(({ ExportDialog: dialog }) => ({
    default: dialog,
  })),
);
const ArchiveDialog = lazy(() =>
  loadPart(() => import("../archive/ArchiveDialog.tsx")).then(({ ArchiveDialog: archive }) => ({
    default: archive,
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
const AgreementDialog = lazy(() =>
  loadPart(() => import("../compare/AgreementDialog.tsx")).then(
    ({ AgreementDialog: agreement }) => ({ default: agreement }),
  ),
);
const KeptModelsDialog = lazy(() =>
  loadPart(() => import("../models/KeptModelsDialog.tsx")).then(({ KeptModelsDialog: kept }) => ({
    default: kept,
  })),
);
const CineDialog = lazy(() =>
  loadPart(() => import("../cine/CineDialog.tsx")).then(({ CineDialog: cine }) => ({
    default: cine,
  })),
);

const HeaderDialog = lazy(() =>
  loadPart(() => import("../film/HeaderDialog.tsx")).then(({ HeaderDialog: header }) => ({
    default: header,
  })),
);

export function WorkDialogs() {
  const dialog = useView((s) => s.dialog);
  return (
    <>
      <Late isWanted={dialog === "export"}>
        <ExportDialog />
      </Late>
      <Late isWanted={dialog === "sessions"}>
        <SessionsDialog />
      </Late>
      <Late isWanted={dialog === "compare"}>
        <CompareDialog />
      </Late>
      <Late isWanted={dialog === "agreement"}>
        <AgreementDialog />
      </Late>
      <Late isWanted={dialog === "kept"}>
        <KeptModelsDialog />
      </Late>
      <Late isWanted={dialog === "replay"}>
        <CineDialog />
      </Late>
      <Late isWanted={dialog === "archive"}>
        <ArchiveDialog />
      </Late>
      <Late isWanted={dialog === "header"}>
        <HeaderDialog />
      </Late>
      <Late isWanted={dialog === "palette"}>
        <CommandPalette />
      </Late>
    </>
  );
}
