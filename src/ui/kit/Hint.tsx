/** A tooltip that also opens on keyboard focus and touch. */
import { Tooltip } from "@mantine/core";
import type { ReactElement } from "react";

export function Hint(props: { readonly text: string; readonly children: ReactElement }) {
  return (
    <Tooltip
      label={props.text}
      multiline
      maw={280}
      openDelay={350}
      withArrow
      events={{ hover: true, focus: true, touch: true }}
      styles={{
        tooltip: {
          background: "#262b2e",
          color: "#e8ebec",
          fontSize: 12,
          lineHeight: 1.45,
          padding: "6px 9px",
        },
      }}
    >
      {props.children}
    </Tooltip>
  );
}
