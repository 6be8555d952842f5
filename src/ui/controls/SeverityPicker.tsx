/** Five calibrated strengths of a perturbation by name, comparable between perturbations where strengths are not; 0 is the picture as it is. */
import type { PerturbationItem } from "../../experiment/spec.ts";
import { SEVERITIES } from "../../perturbations/severities.ts";
import { Row } from "../kit/Row.tsx";
import { Segments } from "../kit/Segments.tsx";
import { decimal } from "../kit/formats.ts";

export function SeverityPicker(props: {
  readonly perturbation: PerturbationItem["perturbation"];
  readonly name: string;
  /** Of its strength. */
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  const { perturbation, name, value, onChange } = props;
  const calibrated = SEVERITIES.perturbations[perturbation];
  if (!calibrated) return null;
  const { strengths, ssim, flips } = calibrated;
  const all = [0, ...strengths];
  const segments = all.map((strength, k) => ({
    value: String(k),
    shown: String(k),
    name:
      k === 0
        ? "0: the picture as it is"
        : `${k}: strength ${strength}, measured likeness (SSIM) ${decimal(ssim[k - 1]!, 2)}, ${Math.round(100 * flips[k - 1]!)} % of answers turned`,
  }));
  return (
    <Row
      label="Severity"
      help={`Five strengths that were measured on ${SEVERITIES.phantoms} phantoms and ${SEVERITIES.answers} answers of the base model: each is the largest one with no more than a given unlikeness and a given share of turned answers. A strength between them has no severity.`}
    >
      <Segments
        label={`${name}: severity`}
        segments={segments}
        value={String(all.indexOf(value))}
        onChange={(chosen) => onChange(all[Number(chosen)]!)}
      />
    </Row>
  );
}
