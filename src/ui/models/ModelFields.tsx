/** The part of a manifest that a graph cannot say for certain, as a form. */
import type { OwnModelProposal } from "../../engine/protocol.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { Select } from "../kit/Select.tsx";
import { Field, Whole } from "../kit/fields.tsx";
import { NormalizationFields } from "./NormalizationFields.tsx";
import { OutputFields } from "./OutputFields.tsx";
import styles from "./models.module.css";

export function ModelFields(props: {
  readonly manifest: ModelManifest;
  readonly outputs: OwnModelProposal["proposal"]["outputs"];
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
      <Field label="A film that is not square">
        {(id) => (
          <Select
            id={id}
            value={input.resize}
            onChange={(event) =>
              setInput({ resize: event.currentTarget.value as typeof input.resize })
            }
          >
            <option value="area-centre-crop">is cropped to its middle</option>
            <option value="area-stretch">is squeezed to a square</option>
          </Select>
        )}
      </Field>
      <Field label="Channels and layout">
        {(id) => (
          <Select
            id={id}
            value={`${input.channels} ${input.layout ?? "NCHW"}`}
            onChange={(event) => {
              const [channels, layout] = event.currentTarget.value.split(" ");
              setInput({ channels: channels === "1" ? 1 : 3, layout: layout as "NCHW" | "NHWC" });
            }}
          >
            {["3 NCHW", "1 NCHW", "3 NHWC", "1 NHWC"].map((form) => (
              <option key={form}>{form}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Pixel range">
        {(id) => (
          <Select
            id={id}
            value={input.range.join(" to ")}
            onChange={(event) => {
              const [low, high] = event.currentTarget.value.split(" to ").map(Number);
              setInput({ range: [low!, high!] });
            }}
          >
            {[...new Set(["0 to 1", "0 to 255", "-1 to 1", input.range.join(" to ")])].map((r) => (
              <option key={r}>{r}</option>
            ))}
          </Select>
        )}
      </Field>
      <NormalizationFields input={input} onChange={setInput} />
      <OutputFields manifest={manifest} outputs={outputs} onChange={onChange} />
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
