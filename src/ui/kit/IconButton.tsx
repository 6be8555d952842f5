/** A button that shows a picture and says its name: to a screen reader, and in a hint. */
import { Button } from "./Button.tsx";
import { Hint } from "./Hint.tsx";
import { Icon } from "./icons.tsx";
import type { IconName } from "./icons.tsx";

export function IconButton(props: {
  readonly name: string;
  readonly icon: IconName;
  readonly size?: number;
  /** Given: the button stays in, or out. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onPress: () => void;
  /** For styles. */
  readonly "data-maximize"?: string;
}) {
  const { name, icon, size = 16, pressed, disabled = false, onPress, ...rest } = props;
  return (
    <Hint text={name}>
      <Button
        {...rest}
        aria-label={name}
        aria-pressed={pressed}
        disabled={disabled}
        onClick={onPress}
      >
        <Icon name={icon} size={size} />
      </Button>
    </Hint>
  );
}
