/** First row of a stack member: what it is and what it changed. */
import { ATTACK_CATALOG } from "../../attacks/catalog.ts";
import { PERTURBATION_CATALOG } from "../../perturbations/catalog.ts";
import type { StackItem } from "../../experiment/spec.ts";
import { moveItem, removeItem, reroll, toggleItem } from "../../state/specEdits.ts";
import { useResults, useStores } from "../context/stores.ts";
import { decimal } from "../kit/formats.ts";
import { ItemHead } from "./ItemHead.tsx";
import styles from "./stack.module.css";

export function StackItemHead(props: {
  readonly item: StackItem;
  readonly name: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}) {
  const { item, ...rest } = props;
  const { edit } = useStores().experiment.getState();
  return (
    <ItemHead
      {...rest}
      help={
        item.type === "attack"
          ? ATTACK_CATALOG[item.attack].help
          : PERTURBATION_CATALOG[item.perturbation].help
      }
      enabled={item.enabled}
      seed={item.seed}
      onToggle={() => edit(toggleItem(item.id))}
      onReroll={() => edit(reroll(item.id))}
      onMove={(by) => edit(moveItem(item.id, by))}
      onRemove={() => edit(removeItem(item.id))}
    >
      {item.enabled && <Made id={item.id} />}
    </ItemHead>
  );
}

function Made({ id }: { readonly id: string }) {
  const made = useResults((s) => s.stages.disturbed?.payload.items.find((item) => item.id === id));
  return (
    made && (
      <span
        className={styles.made}
        title={`This step changed the picture by l2 ${decimal(made.l2, 3)} as a whole, and each pixel by at most ${decimal(255 * made.linf, 1)} grey levels of 255`}
      >
        l2 {decimal(made.l2, 2)}
      </span>
    )
  );
}
