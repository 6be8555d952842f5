/** What of the lab this browser keeps, looked at again while the reader looks, and the keeping of the rest. */
import { useCallback, useEffect, useRef, useState } from "react";
import { NOTHING_KEPT, keepParts, offlineState } from "../../host/offlineParts.ts";
import type { OfflinePart, OfflineState } from "../../host/offlineParts.ts";

const LOOK_AGAIN_MS = 1_500;

export interface OfflineParts extends OfflineState {
  /** Bytes fetched by "keep everything"; null while it does not run. */
  readonly progress: number | null;
  readonly failure: string | null;
  keepAll(): void;
}

/** @param isWatching false where the browser keeps nothing. */
export function useOfflineParts(isWatching: boolean): OfflineParts {
  const [state, setState] = useState(NOTHING_KEPT);
  const [progress, setProgress] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const parts = useRef<readonly OfflinePart[]>([]);

  const look = useCallback(async () => {
    if (parts.current.length === 0) parts.current = await partsOfThisPage();
    setState(await offlineState(parts.current, document.baseURI));
  }, []);

  useEffect(() => {
    if (!isWatching) return;
    void look();
    const timer = setInterval(() => void look(), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isWatching, look]);

  const keepAll = () => {
    setFailure(null);
    setProgress(0);
    // Asked for by a click: a browser that agrees does not clear these files when it needs room.
    void navigator.storage.persist().catch(() => false);
    void keepParts(parts.current, document.baseURI, setProgress)
      .then(setFailure)
      .then(look)
      .then(() => setProgress(null));
  };
  return { ...state, progress, failure, keepAll };
}

/** The build's own list; the WebGPU runtime only where the browser could run it. */
async function partsOfThisPage(): Promise<readonly OfflinePart[]> {
  try {
    const response = await fetch(new URL("offline.json", document.baseURI));
    const { parts } = (await response.json()) as { readonly parts: readonly OfflinePart[] };
    return parts.filter(({ id }) => id !== "webgpu" || "gpu" in navigator);
  } catch {
    // A development server has no list.
    return [];
  }
}
