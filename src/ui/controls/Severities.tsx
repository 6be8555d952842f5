/** Five calibrated strengths of a perturbation, each with what was measured there. */
import type { PerturbationItem } from "../../experiment/spec.ts";
import { PERTURBATION_CATALOG } from "../../perturbations/catalog.ts";
import { SEVERITIES } from "../../perturbations/severities.ts";
import { setParam } from "../../state/specEdits.ts";
import { useStores } from "../context/stores.ts";
import { Row } from "../kit/Row.tsx";
import { Select } from "../kit/Select.tsx";

/** Its entries are longer than the rail is wide. */
const WIDTH = { width: "8.5rem" } as const;
const { answers, phantoms } = SEVERITIES;
const HELP = `Five strengths, each the largest at which neither the picture is less alike (SSIM) nor more answers of the base model turn than that severity allows (or the smallest step, where every step does more). Measured on ${answers} answers about ${phantoms} phantoms: a step of the ladder, not a rate for your films.`;

export function Severities(props: { readonly item: PerturbationItem; readonly name: string }) {
  const { item, name } = props;
  const { experiment } = useStores();
  const found = SEVERITIES.perturbations[item.perturbation];
  if (!found) return null;
  const { strength, params } = PERTURBATION_CATALOG[item.perturbation];
  const value = item.params[strength] ?? params[strength]!.default;
  const at = found.strengths.indexOf(value);
  return (
    <Row label="Severity" help={HELP}>
      <Select
        style={WIDTH}
        aria-label={`${name}: severity`}
        value={at}
        onChange={({ currentTarget }) => {
          const chosen = found.strengths[Number(currentTarget.value)];
          if (chosen !== undefined) experiment.getState().edit(setParam(item.id, strength, chosen));
        }}
      >
        {at < 0 && (
          <option value={-1}>{value === 0 ? "0: nothing changes" : "as set above"}</option>
        )}
        {found.strengths.map((_, k) => (
          <option key={k} value={k}>
            {`${k + 1} (SSIM ${found.ssim[k]!.toFixed(2)}, ${Math.round(answers * found.flips[k]!)}/${answers} turn)`}
          </option>
        ))}
      </Select>
    </Row>
  );
}
