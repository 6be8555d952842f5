/** A plot in its place on the bench: heading, what it says, the plot, and the larger one on demand. */
import { Suspense, lazy, memo, useCallback, useState } from "react";
import type { ReactNode } from "react";
import type { StageName } from "../../experiment/results.ts";
import { isStale } from "../../state/resultStore.ts";
import { useResults } from "../context/stores.ts";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { Hint } from "../kit/Hint.tsx";
import { Icon } from "../kit/icons.tsx";
import { Button } from "../kit/Button.tsx";
import { PanelPlot } from "./PanelPlot.tsx";
import type { PlotScales } from "./Plot.tsx";
import { PlotMenu } from "./PlotMenu.tsx";
import type { PlotChoice } from "./PlotMenu.tsx";
import type { PlotSpec } from "./plotSpec.ts";
import styles from "./plots.module.css";

const PlotDialog = lazy(() =>
  loadPart(() => import("./PlotDialog.tsx")).then(({ PlotDialog: dialog }) => ({
    default: dialog,
  })),
);

const LINEAR: PlotScales = { logX: false, logY: false };

export function PlotPanel(props: {
  readonly title: string;
  readonly line: string;
  /** Two plain sentences on what the plot means and what it does not. */
  readonly meaning: string;
  readonly stage: StageName;
  readonly testId: string;
  /** Null while there is nothing to plot; the children then say why. */
  readonly spec: PlotSpec | null;
  readonly aside?: ReactNode;
  readonly choice?: PlotChoice | null;
  readonly children?: ReactNode;
}) {
  const { title, line, meaning, stage, testId, spec, aside, choice = null, children } = props;
  const [scales, setScales] = useState(LINEAR);
  const [isLarge, setLarge] = useState(false);
  const enlarge = useCallback(() => setLarge(true), []);
  const isOld = useResults((s) => isStale(s, stage) && !(stage === "disturbed" && s.liveTrace));
  // Words that say why there is no plot are no older than the request.
  const stale = isOld && spec !== null;
  return (
    <section
      className={`${styles.panel} ${stale ? styles.stale : ""}`}
      aria-label={title}
      data-part={title}
    >
      <header className={styles.head}>
        <h2>{title}</h2>
        {line !== "" && <p title={line}>{line}</p>}
        <span className={styles.space} />
        {aside}
        <Meaning title={title} text={meaning} />
        {spec ? (
          <PlotMenu
            spec={spec}
            scales={scales}
            choice={choice}
            onScales={setScales}
            onEnlarge={enlarge}
          />
        ) : (
          <span className={styles.menuPlace} />
        )}
      </header>
      {children}
      {spec && <PanelPlot testId={testId} spec={spec} scales={scales} />}
      {spec && isLarge && (
        <ErrorBoundary>
          <Suspense fallback={null}>
            <PlotDialog
              title={title}
              meaning={meaning}
              testId={`${testId}-large`}
              spec={spec}
              scales={scales}
              onClose={() => setLarge(false)}
            />
          </Suspense>
        </ErrorBoundary>
      )}
    </section>
  );
}

/** A hint is dear to draw, and each step of an attack draws the plot below it. */
const Meaning = memo(function Meaning(props: { readonly title: string; readonly text: string }) {
  return (
    <Hint text={props.text}>
      <Button aria-label={`${props.title}: what it means`}>
        <Icon name="help" size={13} />
      </Button>
    </Hint>
  );
});

export function Empty({ children }: { readonly children: string }) {
  return <p className={styles.empty}>{children}</p>;
}
