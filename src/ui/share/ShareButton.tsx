/** The door to sharing; what is behind it loads when it is first opened. */
import { Popover } from "@mantine/core";
import { Suspense, lazy, useState } from "react";
import { loadPart } from "../../host/loadPart.ts";
import { ErrorBoundary } from "../context/ErrorBoundary.tsx";
import { Button } from "../kit/Button.tsx";
import { Icon } from "../kit/icons.tsx";

const SharePanel = lazy(() =>
  loadPart(() => import("./SharePanel.tsx")).then((module) => ({ default: module.SharePanel })),
);

export function ShareButton() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width={360}
      withArrow
      trapFocus
      withinPortal
    >
      <Popover.Target>
        <Button aria-haspopup="dialog" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="share" size={14} /> Share
        </Button>
      </Popover.Target>
      <Popover.Dropdown bg="var(--raised)" aria-label="Share this experiment">
        {isOpen && (
          <ErrorBoundary>
            <Suspense fallback="Preparing the link">
              <SharePanel />
            </Suspense>
          </ErrorBoundary>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
