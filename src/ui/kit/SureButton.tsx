/** A button for what can't be undone: the first press asks, the second does it, and whoever goes elsewhere has not asked. */
import { useState } from "react";
import type { ComponentProps } from "react";
import { Button } from "./Button.tsx";

export function SureButton(
  props: ComponentProps<typeof Button> & {
    /** What the second press does, in words. */
    readonly sure: string;
    readonly onSure: () => void;
  },
) {
  const { sure, onSure, children, "aria-label": label, ...rest } = props;
  const [isAsked, setAsked] = useState(false);
  const press = () => {
    setAsked(!isAsked);
    if (isAsked) onSure();
  };
  return (
    <Button
      {...rest}
      aria-label={isAsked ? undefined : label}
      onClick={press}
      onBlur={() => setAsked(false)}
    >
      {isAsked ? sure : children}
    </Button>
  );
}
