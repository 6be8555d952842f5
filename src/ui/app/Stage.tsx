/** The centre of the bench: linked viewers above, difference and plots below. */
import { Suspense, lazy } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { Late } from "./Late.tsx";
import { useHidden } from "../context/useHidden.ts";
import { useStores, useView } from "../context/stores.ts";
import { Segments } from "../kit/Segments.tsx";
import app from "./app.module.css";
import type { PaneName } from "../../state/viewStore.ts";
import { DifferenceLegend } from "../viewer/DifferenceLegend.tsx";
import { Pane } from "../viewer/Pane.tsx";

const FilmViewer = lazy(() =>
  loadPart(() => import("../film/FilmViewer.tsx")).then(({ FilmViewer: viewer }) => ({
    default: viewer,
  })),
);

const CertificatePanel = lazy(() =>
  loadPart(() => import("../plots/CertificatePanel.tsx")).then(({ CertificatePanel: panel }) => ({
    default: panel,
  })),
);
const ScorePanel = lazy(() =>
  loadPart(() => import("../plots/ScorePanel.tsx")).then(({ ScorePanel: panel }) => ({
    default: panel,
  })),
);
const TracePanel = lazy(() =>
  loadPart(() => import("../plots/TracePanel.tsx")).then(({ TracePanel: panel }) => ({
    default: panel,
  })),
);

const EXPLANATIONS: Readonly<Record<PaneName, string>> = {
  clean: "What the model was given.",
  disturbed: "The same picture after the disturbances.",
  difference: "Disturbed − clean.",
};

export function Stage() {
  const { view } = useStores();
  const maximized = useView((s) => s.maximized);
  const layout = useView((s) => s.layout);
  const singlePane = useView((s) => s.singlePane);
  // The loss of an attack tells whether it got through.
  const isBlind = useHidden("answers");
  if (layout === "film") {
    return (
      <div className={app.stage} data-layout={layout}>
        <ErrorBoundary>
          <Suspense fallback={null}>
            <FilmViewer />
          </Suspense>
        </ErrorBoundary>
      </div>
    );
  }
  if (maximized) {
    const pane = maximized === "film" ? singlePane : maximized;
    return (
      <div className={app.stage} data-layout="alone">
        <div className={app.viewers}>
          <Pane key={pane} pane={pane} explanation={EXPLANATIONS[pane]}>
            <Segments
              label="Picture shown"
              segments={PICTURES}
              value={pane}
              onChange={(next) => view.getState().set({ maximized: next })}
            />
            {pane === "difference" && <DifferenceLegend />}
          </Pane>
        </div>
      </div>
    );
  }
  if (layout === "quad") {
    return (
      <div className={app.stage} data-layout={layout}>
        <div className={app.viewers}>
          <Pane isBare pane="clean" explanation={EXPLANATIONS.clean} />
          <Pane isBare pane="disturbed" explanation={EXPLANATIONS.disturbed} />
          <Pane pane="clean" explanation="The same, with what lies over it." />
          <Pane pane="disturbed" explanation="The same, with what lies over it." />
        </div>
      </div>
    );
  }
  return (
    <div className={app.stage} data-layout={layout}>
      <div className={app.viewers}>
        {layout === "single" ? (
          <Pane key={singlePane} pane={singlePane} explanation={EXPLANATIONS[singlePane]}>
            <PanePicker />
          </Pane>
        ) : (
          <>
            <Pane pane="clean" explanation={EXPLANATIONS.clean} />
            <Pane pane="disturbed" explanation={EXPLANATIONS.disturbed} />
          </>
        )}
      </div>
      {layout === "triple" && (
        <div className={app.difference}>
          <Pane pane="difference" explanation={EXPLANATIONS.difference}>
            <DifferenceLegend />
          </Pane>
        </div>
      )}
      <div className={app.certificate}>
        <Late isWanted>
          <CertificatePanel />
        </Late>
      </div>
      <div className={app.side}>
        {!isBlind && (
          <Late isWanted>
            <ScorePanel />
            <TracePanel />
          </Late>
        )}
      </div>
    </div>
  );
}

const PICTURES = (["clean", "disturbed", "difference"] as const).map((value) => ({
  value,
  shown: value,
}));

function PanePicker() {
  const { view } = useStores();
  const singlePane = useView((s) => s.singlePane);
  return (
    <Segments
      label="Picture shown"
      segments={PICTURES}
      value={singlePane}
      onChange={(pane) => view.getState().set({ singlePane: pane })}
    />
  );
}
