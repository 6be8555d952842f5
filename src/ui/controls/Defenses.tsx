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

export function Defenses() {
  return (
    <ErrorBoundary>
      <Suspense
        fallback={
          <Section title="Defenses" line="Before the model looks.">
            {" "}
          </Section>
        }
      >
        <DefenseEditor />
      </Suspense>
    </ErrorBoundary>
  );
}
