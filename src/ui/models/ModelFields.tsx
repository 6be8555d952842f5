/** The part of a manifest that a graph cannot say for certain, as a form. */
import type { OwnModelProposal } from "../../engine/protocol.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { NORMALIZATIONS } from "../../model/normalizations.ts";
import type { NormalizationName } from "../../model/normalizations.ts";
import controls from "../controls/controls.module.css";
import { Field, Numbers, Whole } from "./fields.tsx";
import styles from "./models.module.css";

type Outputs = OwnModelProposal["proposal"]["outputs"];

export function ModelFields(props: {
  readonly manifest: ModelManifest;
  readonly outputs: Outputs;
  readonly onChange: (manifest: ModelManifest) => void;
}) {
  const { manifest, outputs, onChange } = props;
  const { input } = manifest;
  const setInput = (values: Partial<ModelManifest["input"]>) =>
    onChange({ ...manifest, input: { ...input, ...values } });
  const [rows, columns] = manifest.tokenGrid ?? [0, 0];
  const setGrid = (grid: [number, number]) => {
    const { tokenGrid: _old, ...rest } = manifest;
    onChange(grid[0] > 0 && grid[1] > 0 ? { ...rest, tokenGrid: grid } : rest);
  };
  return (
    <div className={styles.fields}>
      <Field label="Name">
        {(id) => (
          <input
            id={id}
            value={manifest.name}
            onChange={(event) => onChange({ ...manifest, name: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={`Input "${input.name}", side in pixels`}>
        {(id) => <Whole id={id} value={input.size} onChange={(size) => setInput({ size })} />}
      </Field>
      <Field label="Channels and layout">
        {(id) => (
          <select
            id={id}
            className={controls.select}
            value={`${input.channels} ${input.layout ?? "NCHW"}`}
            onChange={(event) => {
              const [channels, layout] = event.currentTarget.value.split(" ");
              setInput({ channels: channels === "1" ? 1 : 3, layout: layout as "NCHW" | "NHWC" });
            }}
          >
            {["3 NCHW", "1 NCHW", "3 NHWC", "1 NHWC"].map((form) => (
              <option key={form}>{form}</option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Pixel range">
        {(id) => (
          <select
            id={id}
            className={controls.select}
            value={input.range.join(" to ")}
            onChange={(event) => {
              const [low, high] = event.currentTarget.value.split(" to ").map(Number);
              setInput({ range: [low!, high!] });
            }}
          >
            {[...new Set(["0 to 1", "0 to 255", "-1 to 1", input.range.join(" to ")])].map((r) => (
              <option key={r}>{r}</option>
            ))}
          </select>
        )}
      </Field>
      <NormalizationFields input={input} onChange={setInput} />
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
      <Field label="Patch grid, rows and columns (0: none)">
        {(id) => (
          <span className={styles.pair}>
            <Whole id={id} value={rows} onChange={(r) => setGrid([r, columns])} />
            <Whole label="Columns" value={columns} onChange={(c) => setGrid([rows, c])} />
          </span>
        )}
      </Field>
    </div>
  );
}

function NormalizationFields(props: {
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
          <select
            id={id}
            className={controls.select}
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
          </select>
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
        <select
          id={id}
          className={controls.select}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {none !== undefined && <option value="">{none}</option>}
          {outputs
            .filter(({ meaning }) => meaning !== "other")
            .map(({ name, shape, meaning }) => (
              <option key={name} value={name}>
                {`${name} [${shape.join(", ")}], ${meaning}`}
              </option>
            ))}
        </select>
      )}
    </Field>
  );
}
