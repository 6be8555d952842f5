/** Which outputs stand for the picture and for its places, and where they have their channels. */
import type { OwnModelProposal } from "../../engine/protocol.ts";
import type { FeatureAxes, ModelManifest } from "../../model/manifest.ts";
import { Select } from "../kit/Select.tsx";
import { Field } from "../kit/fields.tsx";

type Outputs = OwnModelProposal["proposal"]["outputs"];

interface Props {
  readonly manifest: ModelManifest;
  readonly outputs: Outputs;
  readonly onChange: (manifest: ModelManifest) => void;
}

export function OutputFields(props: Props) {
  const { manifest, outputs, onChange } = props;
  return (
    <>
      <OutputField
        label="Embedding"
        value={manifest.outputs.embedding}
        outputs={outputs}
        onChange={(embedding) =>
          onChange({ ...manifest, outputs: { ...manifest.outputs, embedding } })
        }
      />
      <OutputField
        label="Tokens"
        value={manifest.outputs.tokens ?? ""}
        outputs={outputs}
        none="none: the embedding alone"
        onChange={(tokens) => {
          const { tokens: _old, ...rest } = manifest.outputs;
          onChange({ ...manifest, outputs: tokens === "" ? rest : { ...rest, tokens } });
        }}
      />
      <AxesFields {...props} />
    </>
  );
}

/** Where the outputs in use have their channels, for those that are maps or tokens. */
function AxesFields({ manifest, outputs, onChange }: Props) {
  const { embedding, tokens, axes = {} } = manifest.outputs;
  const inUse = outputs.filter(
    ({ name, axes: known }) => known !== undefined && (name === embedding || name === tokens),
  );
  return inUse.map(({ name, shape, axes: known }) => (
    <Field key={name} label={`Channels of "${name}"`}>
      {(id) => (
        <Select
          id={id}
          value={axes[name] ?? known}
          onChange={(event) => {
            const chosen = event.currentTarget.value as FeatureAxes;
            onChange({
              ...manifest,
              outputs: { ...manifest.outputs, axes: { ...axes, [name]: chosen } },
            });
          }}
        >
          <option value="channels-first">{`first: ${shape[1]}`}</option>
          <option value="channels-last">{`last: ${shape.at(-1)}`}</option>
        </Select>
      )}
    </Field>
  ));
}

function OutputField(props: {
  readonly label: string;
  readonly value: string;
  readonly outputs: Outputs;
  readonly none?: string;
  readonly onChange: (name: string) => void;
}) {
  const { label, value, outputs, none, onChange } = props;
  return (
    <Field label={label}>
      {(id) => (
        <Select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {none !== undefined && <option value="">{none}</option>}
          {outputs
            .filter(({ meaning }) => meaning !== "other")
            .map(({ name, shape, meaning }) => (
              <option key={name} value={name}>
                {`${name} [${shape.join(", ")}], ${meaning}`}
              </option>
            ))}
        </Select>
      )}
    </Field>
  );
}
