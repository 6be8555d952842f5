/** Panels below the first screen: fetched after the first answer, which should not wait for them. */
import { Suspense, lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { Locked } from "../context/Locked.tsx";
import { useResults } from "../context/stores.ts";

const InstrumentPanel = lazy(() =>
  loadPart(() => import("../instruments/InstrumentPanel.tsx")).then(
    ({ InstrumentPanel: panel }) => ({ default: panel }),
  ),
);

const ParaphraseTable = lazy(() =>
  loadPart(() => import("../panels/ParaphraseTable.tsx")).then(({ ParaphraseTable: table }) => ({
    default: table,
  })),
);
const Glossary = lazy(() =>
  loadPart(() => import("../lessons/Glossary.tsx")).then(({ Glossary: glossary }) => ({
    default: glossary,
  })),
);

export function LatePanels() {
  const isTime = useResults((s) => s.stages.readout !== undefined || s.error !== null);
  if (!isTime) return null;
  return (
    <ErrorBoundary>
      <Suspense fallback={null}>
        <ParaphraseTable />
        <Locked name="measurements">
          <InstrumentPanel />
        </Locked>
        <Glossary />
      </Suspense>
    </ErrorBoundary>
  );
}
