/** Sessions wake after the first answer, which should not wait for them: see sessions/RestoreBanner.tsx. */
import { Suspense, lazy } from "react";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { useResults } from "../context/stores.ts";

const RestoreBanner = lazy(() =>
  import("../sessions/RestoreBanner.tsx").then(
    ({ RestoreBanner: banner }) => ({ default: banner }),
    // Nobody asked for it: a page whose files are gone keeps no session, and says so only where one is asked for.
    () => ({ default: () => null }),
  ),
);

export function LateRestore() {
  const isTime = useResults((s) => s.stages.readout !== undefined || s.error !== null);
  if (!isTime) return null;
  return (
    <ErrorBoundary>
      <Suspense fallback={null}>
        <RestoreBanner />
      </Suspense>
    </ErrorBoundary>
  );
}
