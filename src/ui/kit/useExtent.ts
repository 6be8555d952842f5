/** Size of an element in CSS pixels, followed as it changes. */
import { useEffect, useState } from "react";
import type { RefObject } from "react";

export interface Extent {
  readonly width: number;
  readonly height: number;
}

export function useExtent(ref: RefObject<HTMLElement | null>): Extent {
  const [extent, setExtent] = useState<Extent>({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const { width, height } = entry.contentRect;
      setExtent({ width: Math.round(width), height: Math.round(height) });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return extent;
}
