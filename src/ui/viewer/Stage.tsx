/** The centre of the bench: linked viewers above, difference and plots below. */
import { CertificatePanel } from "../plots/CertificatePanel.tsx";
import { ScorePanel } from "../plots/ScorePanel.tsx";
import { TracePanel } from "../plots/TracePanel.tsx";
import { useStores, useView } from "../app/stores.ts";
import controls from "../controls/controls.module.css";
import app from "../app/app.module.css";
import type { PaneName } from "../../state/viewStore.ts";
import { DifferenceLegend } from "./DifferenceLegend.tsx";
import { Pane } from "./Pane.tsx";

const EXPLANATIONS: Readonly<Record<PaneName, string>> = {
  clean: "What the model was given.",
  disturbed: "The same picture after the disturbances.",
  difference: "Disturbed − clean.",
};

export function Stage() {
  const layout = useView((s) => s.layout);
  const singlePane = useView((s) => s.singlePane);
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
        <CertificatePanel />
      </div>
      <div className={app.side}>
        <ScorePanel />
        <TracePanel />
      </div>
    </div>
  );
}

function PanePicker() {
  const { view } = useStores();
  const singlePane = useView((s) => s.singlePane);
  return (
    <div className={controls.segments} role="radiogroup" aria-label="Picture shown">
      {(["clean", "disturbed", "difference"] as const).map((pane) => (
        <button
          key={pane}
          type="button"
          role="radio"
          className={controls.button}
          aria-checked={singlePane === pane}
          onClick={() => view.getState().set({ singlePane: pane })}
        >
          {pane}
        </button>
      ))}
    </div>
  );
}
