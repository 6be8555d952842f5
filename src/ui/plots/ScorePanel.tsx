/** The Gaussian robustness score of the clean picture: its anytime-valid lower bound tightening as samples stream in. */
import { useMemo } from "react";
import type { CertifiedFeature } from "../../experiment/spec.ts";
import { useExperiment, useResults } from "../context/stores.ts";
import { decimal, percent } from "../kit/formats.ts";
import { Empty, PlotPanel } from "./PlotPanel.tsx";
import { scoreSpec } from "./scoreSpec.ts";
import styles from "./plots.module.css";

const MEANING: Readonly<Record<CertifiedFeature, string>> = {
  embedding:
    "How alike the pooled embedding of the clean picture stays when noise is added (1 = the same, 0 = opposite), averaged over noise: (1 + cosine) / 2, the Gaussian robustness score. " +
    "The guarantee beside it is computed from this number; it does not depend on your disturbances.",
  tokens:
    "How alike the image tokens of the clean picture, all of them as one vector, stay when noise is added (1 = the same, 0 = opposite), averaged over noise: (1 + cosine) / 2, the Gaussian robustness score. " +
    "The guarantee beside it is computed from this number; it does not depend on your disturbances.",
};

export function ScorePanel() {
  const enabled = useExperiment((s) => s.spec.certificate.enabled);
  const asked = useExperiment((s) => s.spec.certificate.feature ?? "embedding");
  const latest = useResults((s) => s.stages.certificate?.payload);
  const certificate = enabled ? latest : undefined;
  const spec = useMemo(() => (certificate ? scoreSpec(certificate) : null), [certificate]);
  return (
    <PlotPanel
      title="Similarity under noise"
      line={
        certificate
          ? `Noise ${certificate.sigma}, seed ${certificate.seed}.`
          : "Of the clean picture."
      }
      meaning={MEANING[certificate?.feature ?? asked]}
      stage="certificate"
      testId="score-plot"
      spec={spec}
    >
      {certificate ? (
        <p className={styles.statement} data-kind="proved">
          At least <b>{decimal(certificate.scoreLower, 4)}</b> on average (
          {percent(1 - certificate.alpha)} confidence), n = {certificate.n} of{" "}
          {certificate.maxSamples}
        </p>
      ) : (
        <Empty>{enabled ? "Waiting for samples." : "The guarantee is switched off."}</Empty>
      )}
    </PlotPanel>
  );
}
