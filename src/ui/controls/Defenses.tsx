/** The place of the defenses; the list itself is fetched after the page, so that the first answer does not wait for it. */
import { Suspense, lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { Section } from "../kit/Section.tsx";

const DefenseEditor = lazy(() =>
  loadPart(() => import("./DefenseEditor.tsx")).then(({ DefenseEditor: editor }) => ({
    default: editor,
  })),
);

/** What the list says while it is empty, and the gap above it. */
const ONE_LINE = 35;

export function Defenses() {
  return (
    <ErrorBoundary>
      <Suspense
        fallback={
          <Section title="Defenses" line="Before the model looks.">
            <div style={{ minHeight: ONE_LINE }} />
          </Section>
        }
      >
        <DefenseEditor />
      </Suspense>
    </ErrorBoundary>
  );
}
