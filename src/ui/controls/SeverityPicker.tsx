/** Five calibrated strengths of a perturbation by name, comparable between perturbations where strengths are not; 0 is the picture as it is. */
import type { PerturbationItem } from "../../experiment/spec.ts";
import { SEVERITIES } from "../../perturbations/severities.ts";
import { Row } from "../kit/Row.tsx";
import { Select } from "../kit/Select.tsx";
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
  const { strengths, ssim } = calibrated;
  const all = [0, ...strengths];
  const at = all.indexOf(value);
  return (
    <Row
      label="Severity"
      help={`Five strengths that were measured on ${SEVERITIES.phantoms} phantoms and ${SEVERITIES.answers} answers of the base model: each is the largest one with no more than a given unlikeness and a given share of turned answers. A strength between them has no severity.`}
    >
      <Select
        aria-label={`${name}: severity`}
        value={at}
        onChange={(event) => onChange(all[Number(event.currentTarget.value)]!)}
      >
        {at < 0 && <option value={-1}>no grade</option>}
        {all.map((strength, k) => (
          <option key={strength} value={k}>
            {k === 0 ? "0, as it is" : `${k}, SSIM ${decimal(ssim[k - 1]!, 2)}`}
          </option>
        ))}
      </Select>
    </Row>
  );
}
