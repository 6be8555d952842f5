import type { AttackItem } from "../../experiment/spec.ts";
import { useExperiment } from "../context/stores.ts";
import { Row } from "../kit/Row.tsx";
import { Select } from "../kit/Select.tsx";

/** Whether the attacker sees what the stack does after it; of no account where that is nothing. */
export function Foresight(props: {
  readonly item: AttackItem;
  readonly name: string;
  readonly onChange: (change: (old: AttackItem) => AttackItem) => void;
}) {
  const { item, name, onChange } = props;
  const isFollowed = useExperiment(({ spec: { stack } }) =>
    stack
      .slice(stack.findIndex(({ id }) => id === item.id) + 1)
      .some(({ type, enabled }) => type === "perturbation" && enabled),
  );
  if (!isFollowed && !item.foresees) return null;
  return (
    <Row
      label="Later steps"
      help="One who sees the steps that follow judges every try by the picture they make of it; one who does not may see its work undone by noise or compression."
    >
      <Select
        aria-label={`${name}: later steps`}
        value={item.foresees ? "seen" : "unseen"}
        onChange={({ currentTarget: { value } }) =>
          onChange(({ foresees: _foresees, ...rest }) =>
            value === "seen" ? { ...rest, foresees: true } : rest,
          )
        }
      >
        <option value="unseen">does not see them</option>
        <option value="seen">sees the steps after it</option>
      </Select>
    </Row>
  );
}
