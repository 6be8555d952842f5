/** Noise, confidence and sample count of the certificate. */
import { PARAMS } from "../../experiment/params.ts";
import type { CertificateSpec } from "../../experiment/spec.ts";
import { useExperiment, useStores } from "../app/stores.ts";
import { Section } from "../panels/Section.tsx";
import controls from "./controls.module.css";
import { ParamSlider } from "./ParamSlider.tsx";

export function CertificateControls() {
  const { experiment } = useStores();
  const certificate = useExperiment((s) => s.spec.certificate);
  const set = (values: Partial<CertificateSpec>) =>
    experiment
      .getState()
      .edit((spec) => ({ ...spec, certificate: { ...spec.certificate, ...values } }));
  const slider = (key: "sigma" | "maxSamples") => (
    <ParamSlider
      context="Certificate"
      meta={PARAMS[`certificate.${key}`]}
      value={certificate[key]}
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
        <input
          type="checkbox"
          role="switch"
          className={controls.switch}
          aria-label="Certificate: on"
          aria-checked={certificate.enabled}
          checked={certificate.enabled}
          onChange={() => set({ enabled: !certificate.enabled })}
        />
      }
    >
      {slider("sigma")}
      {slider("maxSamples")}
      <div className={controls.row}>
        <span className={controls.label} title={PARAMS["certificate.alpha"].help}>
          Confidence
        </span>
        <select
          className={controls.select}
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
        </select>
        <span />
      </div>
    </Section>
  );
}
