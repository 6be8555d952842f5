/** A part that is fetched when it is first wanted. */
import { Suspense, useState } from "react";
import type { ReactNode } from "react";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";

/** Mounted when it is first wanted and from then on, so that a dialog can close in its own way. */
export function Late({
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
