/** The place of the question; the box, with the whole bank behind it, is fetched after the page, which shows what is asked meanwhile. */
import { Suspense, lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { useExperiment } from "../context/stores.ts";
import { Section } from "../kit/Section.tsx";
import styles from "./panels.module.css";

const QuestionBox = lazy(() =>
  loadPart(() => import("./QuestionBox.tsx")).then(({ QuestionBox: box }) => ({ default: box })),
);

export function Question() {
  return (
    <Section title="Ask" line="Pick a question or type your own.">
      <ErrorBoundary>
        <Suspense fallback={<Asked />}>
          <QuestionBox />
        </Suspense>
      </ErrorBoundary>
    </Section>
  );
}

/** As high as the box, so that nothing moves when it comes. */
function Asked() {
  const asked = useExperiment((s) => s.spec.question);
  return (
    <div className={styles.question}>
      <p className={styles.asked}>{asked}</p>
      <div className={styles.reading} />
    </div>
  );
}
