/** What is guaranteed about the features, whatever the change, up to which size of it. */
import { useMemo, useState } from "react";
import { SPEC_LIMITS } from "../../experiment/params.ts";
import type { CertifiedFeature } from "../../experiment/spec.ts";
import { isOwnModel } from "../../model/catalog.ts";
import { provableCase } from "../../state/provableCase.ts";
import { useExperiment, useResults, useStores } from "../context/stores.ts";
import {
  BETWEEN,
  besideSentence,
  certificateSpec,
  guaranteeOf,
  provesBeside,
} from "./certificateSpec.ts";
import type { Between } from "./certificateSpec.ts";
import { Empty, PlotPanel } from "./PlotPanel.tsx";
import { Button } from "../kit/Button.tsx";
import { KeptPlace } from "../kit/KeptPlace.tsx";
import styles from "./plots.module.css";

const MEANING: Readonly<Record<CertifiedFeature, string>> = {
  embedding:
    "Noise is added to the picture many times and the model’s image features are averaged; that average provably turns by no more than the curve allows, for every change of the picture up to that l2 size. " +
    "It is a statement about these features around the clean picture, not about the answer: answers are read from other values and can flip inside the guaranteed distance.",
  tokens:
    "Noise is added to the picture many times and all image tokens, from which the answer is read, are averaged as one long unit vector; that average provably turns by no more than the curve allows, for every change of the picture up to that l2 size. " +
    "The decoder reads the tokens of one picture and not their average, and may still turn a small angle into another answer: this bounds what it is given, not what it says.",
};

const NO_TOKENS =
  "A defense that looks several times leaves no single set of image tokens, so this is about the pooled embedding instead. ";

const BETWEENS = Object.keys(BETWEEN) as Between[];

export function CertificatePanel() {
  const certificate = useResults((s) => s.stages.certificate?.payload);
  const other = useResults((s) => s.stages.beside?.payload);
  const isBeside = useExperiment((s) => s.spec.certificate.beside !== undefined);
  const beside = isBeside ? other : undefined;
  const enabled = useExperiment((s) => s.spec.certificate.enabled);
  const asked = useExperiment((s) => s.spec.certificate.feature ?? "embedding");
  // Until the first bound is there, what was asked for.
  const feature = certificate?.feature ?? asked;
  const { experiment } = useStores();
  // The room that one more disturbance needs, and a model of ours to put in its place.
  const canShow = useExperiment(
    ({ spec: { stack, model } }) => stack.length < SPEC_LIMITS.stackItems && !isOwnModel(model.id),
  );
  const [between, setBetween] = useState<Between>("toSmoothedClean");
  const spec = useMemo(
    () => (certificate && enabled ? certificateSpec(certificate, between, beside) : null),
    [certificate, enabled, between, beside],
  );
  const guarantee = certificate && enabled ? guaranteeOf(certificate, between, beside) : null;
  const besides = enabled && beside && (
    <span data-kind={provesBeside(beside, between) ? "proved" : "vacuous"}>
      {besideSentence(beside, between)}{" "}
    </span>
  );
  return (
    <PlotPanel
      title="What is guaranteed"
      line={
        feature === "tokens"
          ? "About what the answer is read from."
          : "About the pooled embedding, not the answer."
      }
      meaning={MEANING[feature]}
      stage="certificate"
      testId="certificate-plot"
      spec={spec}
      choice={{
        value: between,
        options: BETWEENS.map((value) => ({ value, label: `Cosine: ${BETWEEN[value].label}` })),
        onChange: (value) => setBetween(value as Between),
      }}
    >
      <KeptPlace first={0} subject={certificate?.feature ?? ""}>
        {guarantee ? (
          <p className={styles.statement} data-kind={guarantee.kind}>
            {guarantee.sentence} {certificate && asked !== certificate.feature && NO_TOKENS}
            {besides}
            {guarantee.kind === "vacuous" && canShow && (
              <Button
                look="inline"
                title="The noise-trained model, noise 0.25, and an attack of l2 0.3. Undo brings yours back."
                onClick={() => experiment.getState().edit(provableCase)}
              >
                Show one inside it
              </Button>
            )}
          </p>
        ) : (
          besides && <p className={styles.statement}>{besides}</p>
        )}
      </KeptPlace>
      {!guarantee && !besides && (
        <Empty>
          {enabled
            ? "The guarantee appears as soon as the first noisy samples are in."
            : "Switch the guarantee on (left, below) to see what can be guaranteed."}
        </Empty>
      )}
    </PlotPanel>
  );
}
