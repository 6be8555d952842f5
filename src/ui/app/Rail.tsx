/** The left rail: all controls, or the open lesson above the ones that its step is about. */
import { Suspense, lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";
import type { RailPart } from "../../lesson/schema.ts";
import type { LessonSession } from "../../state/lessonStore.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { Locked } from "../context/Locked.tsx";
import { useLesson } from "../context/stores.ts";
import { CasePanel } from "../controls/CasePanel.tsx";
import { CertificateControls } from "../controls/CertificateControls.tsx";
import { Defenses } from "../controls/Defenses.tsx";
import { StackEditor } from "../controls/StackEditor.tsx";
import styles from "./app.module.css";

const LessonRail = lazy(() =>
  loadPart(() => import("../lessons/LessonRail.tsx")).then(({ LessonRail: rail }) => ({
    default: rail,
  })),
);

const NONE: readonly RailPart[] = [];

/** The parts that are on screen; null for all. */
function shownParts({
  lesson,
  step: index,
  progress,
  showsAll,
}: LessonSession): readonly RailPart[] | null {
  if (!lesson || showsAll) return null;
  const step = lesson.steps[index];
  // First the prediction, then the means to see whether it was right.
  if (step?.predict && progress[index]?.predicted === null) return NONE;
  return step?.shows ?? NONE;
}

export function Rail() {
  const hasLesson = useLesson((s) => s.lesson !== null);
  const shown = useLesson(shownParts);
  const isShown = (part: RailPart) => shown === null || shown.includes(part);
  return (
    <aside className={styles.left} data-lesson={hasLesson} aria-label="Case and disturbances">
      {hasLesson && (
        <ErrorBoundary>
          <Suspense fallback={null}>
            <LessonRail />
          </Suspense>
        </ErrorBoundary>
      )}
      {isShown("case") && (
        <Locked name="case">
          <CasePanel />
        </Locked>
      )}
      {isShown("disturbances") && (
        <Locked name="disturbances">
          <StackEditor />
        </Locked>
      )}
      {isShown("defenses") && (
        <Locked name="defenses">
          <Defenses />
        </Locked>
      )}
      {isShown("guarantee") && (
        <Locked name="guarantee">
          <CertificateControls />
        </Locked>
      )}
    </aside>
  );
}
