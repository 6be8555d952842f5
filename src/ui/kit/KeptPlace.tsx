/** Keeps the place of what comes late, so that nothing below it moves when it comes, goes or is made anew. */
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";

export function KeptPlace(props: {
  /** CSS pixels until anything was there. */
  readonly first: number;
  /** What it is about: of one subject the place only grows, for another it is measured anew. */
  readonly subject: string;
  /** Only a word in its place stands there yet: not what it is measured by. */
  readonly isAwaited?: boolean;
  readonly children: ReactNode;
}) {
  const { first, subject, isAwaited = false, children } = props;
  const inside = useRef<HTMLDivElement>(null);
  const kept = useRef({ subject, height: first });
  useEffect(() => {
    const element = inside.current;
    const place = element?.parentElement;
    if (!element || !place || isAwaited) return;
    const observer = new ResizeObserver(() => {
      const height = element.offsetHeight;
      // Empty: what was there last will be much like what comes.
      if (height === 0) return;
      const { current } = kept;
      kept.current =
        current.subject === subject
          ? { subject, height: Math.max(current.height, height) }
          : { subject, height };
      place.style.minHeight = `${kept.current.height}px`;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [subject, isAwaited]);
  return (
    <div style={{ minHeight: first }}>
      <div ref={inside} style={{ display: "flow-root" }}>
        {children}
      </div>
    </div>
  );
}
