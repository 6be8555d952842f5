/**
 * Benches that are open in other tabs of this browser: each answers a roll call, so that none takes what another is still working on for
 * something left behind. A browser without BroadcastChannel answers for nobody: there every visit's work is set aside, which loses nothing.
 */
const CHANNEL = "penumbra-benches";
/** A tab in the background answers late; a bench that is restored waits no longer for it than a reader notices. */
const PATIENCE_MS = 400;

type Message = { readonly ask: true } | { readonly here: string };

function channel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return undefined;
  }
}

/** Says that this bench is open, whenever another asks. @returns the way to stop */
export function answerRollCall(id: string): () => void {
  const open = channel();
  open?.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if ("ask" in data) open.postMessage({ here: id } satisfies Message);
  });
  return () => open?.close();
}

/** @returns the benches that answered. */
export async function benchesElsewhere(patienceMs = PATIENCE_MS): Promise<ReadonlySet<string>> {
  const answered = new Set<string>();
  const open = channel();
  if (!open) return answered;
  open.addEventListener("message", ({ data }: MessageEvent<Message>) => {
    if ("here" in data) answered.add(data.here);
  });
  open.postMessage({ ask: true } satisfies Message);
  await new Promise((resolve) => setTimeout(resolve, patienceMs));
  open.close();
  return answered;
}
