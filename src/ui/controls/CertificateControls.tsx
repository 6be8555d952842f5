/** Noise, confidence and sample count of the certificate. */
import { PARAMS } from "../../experiment/params.ts";
import { besideNoiseTrained } from "../../experiment/defaultSpec.ts";
import type { BesideSpec, CertificateSpec, CertifiedFeature } from "../../experiment/spec.ts";
import { useExperiment, useStores } from "../context/stores.ts";
import { Section } from "../kit/Section.tsx";
import { Select } from "../kit/Select.tsx";
import { Row } from "../kit/Row.tsx";
import { Switch } from "../kit/Switch.tsx";
import { ParamSlider } from "./ParamSlider.tsx";

export function CertificateControls() {
  const { experiment } = useStores();
  const certificate = useExperiment((s) => s.spec.certificate);
  const set = (values: Partial<CertificateSpec>) =>
    experiment
      .getState()
      .edit((spec) => ({ ...spec, certificate: { ...spec.certificate, ...values } }));
  const { beside, ...alone } = certificate;
  const compare = (next: BesideSpec | undefined) =>
    experiment
      .getState()
      .edit((spec) => ({ ...spec, certificate: { ...alone, ...(next && { beside: next }) } }));
  const slider = (key: "sigma" | "maxSamples" | "pilot") => (
    <ParamSlider
      context="Certificate"
      meta={PARAMS[`certificate.${key}`]}
      value={certificate[key] ?? PARAMS[`certificate.${key}`].default}
      accent="clean"
      disabled={!certificate.enabled}
      onChange={(value) => set({ [key]: value })}
    />
  );
  const alphas = PARAMS["certificate.alpha"].choices;
  return (
    <Section
      title="Guarantee"
      line="And its noise."
      aside={
        <Switch
          label="Certificate: on"
          on={certificate.enabled}
          onToggle={() => set({ enabled: !certificate.enabled })}
        />
      }
    >
      {slider("sigma")}
      {slider("maxSamples")}
      {slider("pilot")}
      <Row
        label="Feature"
        help="What is guaranteed to turn little: all image tokens as one vector, which the answer is read from, or the pooled embedding, which is what comparisons of whole pictures use."
      >
        <Select
          aria-label="Certificate: feature"
          value={certificate.feature ?? "embedding"}
          disabled={!certificate.enabled}
          onChange={(event) => set({ feature: event.currentTarget.value as CertifiedFeature })}
        >
          <option value="tokens">All image tokens</option>
          <option value="embedding">Pooled embedding</option>
        </Select>
      </Row>
      <Row
        label="Comparison"
        help="The guarantee of the noise-trained model around the same clean picture, under noise 0.25, beside that of the model that answers."
      >
        <Switch
          label="Certificate: beside the noise-trained model"
          on={beside !== undefined}
          onToggle={() => compare(beside ? undefined : besideNoiseTrained())}
        />
      </Row>
      {beside && (
        <ParamSlider
          context="Certificate"
          meta={PARAMS["certificate.beside"]}
          value={beside.l2}
          disabled={!certificate.enabled}
          onChange={(l2) => compare({ ...beside, l2 })}
        />
      )}
      <Row label="Confidence" help={PARAMS["certificate.alpha"].help}>
        <Select
          aria-label="Certificate: confidence"
          value={certificate.alpha}
          disabled={!certificate.enabled}
          onChange={(event) => set({ alpha: Number(event.currentTarget.value) })}
        >
          {alphas.map((alpha) => (
            <option key={alpha} value={alpha}>
              {`${100 * (1 - alpha)}% (alpha ${alpha})`}
            </option>
          ))}
        </Select>
      </Row>
    </Section>
  );
}
