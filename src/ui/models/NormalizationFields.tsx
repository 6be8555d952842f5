/** Mean and standard deviation put before the graph, by the name of a known pair or as numbers. */
import type { ModelManifest } from "../../model/manifest.ts";
import { NORMALIZATIONS } from "../../model/normalizations.ts";
import type { NormalizationName } from "../../model/normalizations.ts";
import { Select } from "../kit/Select.tsx";
import { Field, Numbers } from "../kit/fields.tsx";

export function NormalizationFields(props: {
  readonly input: ModelManifest["input"];
  readonly onChange: (values: Partial<ModelManifest["input"]>) => void;
}) {
  const { input, onChange } = props;
  const names = Object.keys(NORMALIZATIONS) as NormalizationName[];
  const known = names.find((name) =>
    (["mean", "std"] as const).every((key) =>
      input[key].every((value, c) => value === NORMALIZATIONS[name][key][c]),
    ),
  );
  return (
    <>
      <Field label="Normalisation">
        {(id) => (
          <Select
            id={id}
            value={known ?? "own"}
            onChange={(event) => {
              const chosen = names.find((name) => name === event.currentTarget.value);
              if (!chosen) return;
              const { mean, std } = NORMALIZATIONS[chosen];
              onChange({
                mean: mean.slice(0, input.channels),
                std: std.slice(0, input.channels),
              });
            }}
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
            <option value="own">as below</option>
          </Select>
        )}
      </Field>
      <Numbers label="Mean" values={input.mean} onChange={(mean) => onChange({ mean })} />
      <Numbers
        label="Standard deviation"
        values={input.std}
        onChange={(std) => onChange({ std })}
      />
    </>
  );
}
