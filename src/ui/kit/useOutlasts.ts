/** What takes no time needs no word: true once something has gone on for a while. */
import { useEffect, useState } from "react";

/** Longest wait of which nothing is said, in milliseconds. */
export const PATIENCE_MS = 500;

/** True once `active` has held for that long; false again as soon as it ends. */
export function useOutlasts(active: boolean): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setOver(true), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      setOver(false);
    };
  }, [active]);
  return isOver;
}
