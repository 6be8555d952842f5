/** First row of a member of an ordered list: on/off, name, seed, order and removal. */
import type { ReactNode } from "react";
import { Button } from "../kit/Button.tsx";
import { Icon } from "../kit/icons.tsx";
import type { IconName } from "../kit/icons.tsx";
import { Term } from "../kit/Term.tsx";
import { Switch } from "../kit/Switch.tsx";
import styles from "./stack.module.css";

export function ItemHead(props: {
  readonly name: string;
  /** What it does, for its hover. */
  readonly help: string;
  readonly enabled: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly seed: number;
  readonly onToggle: () => void;
  /** Absent for a member that makes no random draws. */
  readonly onReroll?: () => void;
  readonly onMove: (by: number) => void;
  readonly onRemove: () => void;
  /** Said beside the name until the row is pointed at. */
  readonly children?: ReactNode;
}) {
  const { name, seed, onReroll, onMove } = props;
  return (
    <div className={styles.head} data-term-scope>
      <Switch label={`${name}: on`} on={props.enabled} onToggle={props.onToggle} />
      <span className={styles.name}>
        <Term label={name} help={props.help} />
      </span>
      {props.children}
      <span className={styles.tools}>
        {onReroll && (
          <Tool name={`${name}: new seed (now ${seed})`} icon="dice" onPress={onReroll} />
        )}
        <Tool
          name={`${name}: earlier`}
          icon="up"
          disabled={props.isFirst}
          onPress={() => onMove(-1)}
        />
        <Tool
          name={`${name}: later`}
          icon="down"
          disabled={props.isLast}
          onPress={() => onMove(1)}
        />
        <Tool name={`${name}: remove`} icon="close" onPress={props.onRemove} />
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
