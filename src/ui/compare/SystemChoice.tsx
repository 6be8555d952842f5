/** Which system stands beside the bench's: a bundled model or an open one of the reader's, its weights, and its defenses. */
import { DEFENSE_CATALOG } from "../../defenses/catalog.ts";
import { defaultSpec } from "../../experiment/defaultSpec.ts";
import type { SystemChange } from "../../experiment/systemChange.ts";
import { BUNDLED_MODELS, BUNDLED_PRECISIONS } from "../../model/catalog.ts";
import type { Precision } from "../../model/manifest.ts";
import { useModels } from "../context/stores.ts";
import { Select } from "../kit/Select.tsx";
import styles from "./compare.module.css";

export function SystemChoice(props: {
  readonly chosen: SystemChange;
  readonly onChange: (part: Partial<SystemChange>) => void;
}) {
  const { chosen, onChange } = props;
  const own = useModels((s) => s.own);
  const models = [
    ...BUNDLED_MODELS,
    ...Object.values(own).map(({ id, name }) => ({ id, label: name })),
  ];
  const ofOwn = own[chosen.model]?.defaultPrecision;
  return (
    <div className={styles.choices}>
      <span>Second system:</span>
      <Select
        aria-label="Model of the second system"
        value={chosen.model}
        onChange={(event) => {
          const model = event.currentTarget.value;
          const known = own[model]?.defaultPrecision;
          // A reader's model is in the one form it was opened in.
          const isBundled = known === undefined && ofOwn === undefined;
          onChange({
            model,
            ...(isBundled ? {} : { precision: known ?? defaultSpec().model.precision }),
          });
        }}
      >
        {models.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Weights of the second system"
        value={chosen.precision}
        onChange={(event) => onChange({ precision: event.currentTarget.value as Precision })}
      >
        {(ofOwn ? [ofOwn] : BUNDLED_PRECISIONS).map((precision) => (
          <option key={precision}>{precision}</option>
        ))}
      </Select>
      <Select
        aria-label="Defenses of the second system"
        value={chosen.defenses}
        onChange={(event) => onChange({ defenses: event.currentTarget.value })}
      >
        <option value="same">the bench’s defenses</option>
        <option value="none">no defense</option>
        {Object.entries(DEFENSE_CATALOG).map(([id, { label }]) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </Select>
    </div>
  );
}
