/** First row of a stack member: on/off, name, what it changed, seed, order and removal. */
import type { StackItem } from "../../experiment/spec.ts";
import { moveItem, removeItem, reroll, toggleItem } from "../../state/specEdits.ts";
import { Icon } from "../kit/icons.tsx";
import type { IconName } from "../kit/icons.tsx";
import { useResults, useStores } from "../context/stores.ts";
import { decimal } from "../kit/formats.ts";
import { Button } from "../kit/Button.tsx";
import { Switch } from "../kit/Switch.tsx";
import styles from "./stack.module.css";

export function StackItemHead(props: {
  readonly item: StackItem;
  readonly name: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}) {
  const { item, name, isFirst, isLast } = props;
  const { edit } = useStores().experiment.getState();
  const made = useResults((s) =>
    s.stages.disturbed?.payload.items.find(({ id }) => id === item.id),
  );
  return (
    <div className={styles.head}>
      <Switch label={`${name}: on`} on={item.enabled} onToggle={() => edit(toggleItem(item.id))} />
      <span className={styles.name}>{name}</span>
      {made && item.enabled && (
        <span
          className={styles.made}
          title={`This step changed the picture by l2 ${decimal(made.l2, 3)} as a whole, and each pixel by at most ${decimal(255 * made.linf, 1)} grey levels of 255`}
        >
          l2 {decimal(made.l2, 2)}
        </span>
      )}
      <span className={styles.tools}>
        <Tool
          name={`${name}: new seed (now ${item.seed})`}
          icon="dice"
          onPress={() => edit(reroll(item.id))}
        />
        <Tool
          name={`${name}: earlier`}
          icon="up"
          disabled={isFirst}
          onPress={() => edit(moveItem(item.id, -1))}
        />
        <Tool
          name={`${name}: later`}
          icon="down"
          disabled={isLast}
          onPress={() => edit(moveItem(item.id, 1))}
        />
        <Tool name={`${name}: remove`} icon="close" onPress={() => edit(removeItem(item.id))} />
      </span>
    </div>
  );
}

function Tool(props: {
  readonly name: string;
  readonly icon: IconName;
  readonly disabled?: boolean;
  readonly onPress: () => void;
}) {
  return (
    <Button
      aria-label={props.name}
      title={props.name}
      disabled={props.disabled ?? false}
      onClick={props.onPress}
    >
      <Icon name={props.icon} size={13} />
    </Button>
  );
}
