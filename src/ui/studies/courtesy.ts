/**
 * When a study stands still: while the reader's hand is on the page, and for a while of what the bench computes for it. One
 * core that a study takes is one less for the frames and the answers that the reader waits for.
 */

export interface Courtesy {
  /** Milliseconds that the study has stood still so far. */
  heldMs(): number;
  end(): void;
}

/** A drag pauses between two moves, and a reader between two clicks. */
const AFTER_TOUCH_MS = 600;
/** The bench's own work goes first for so long; a guarantee that gathers samples for minutes is no reason to stand still. */
const PATIENCE_MS = 2000;
const LOOK_EVERY_MS = 100;
const TOUCHES = ["pointerdown", "pointermove", "pointerup", "input", "keydown", "wheel"] as const;

/** @param hold told whenever the study is to stand still or to go on */
export function watchReader(isBenchBusy: () => boolean, hold: (isHeld: boolean) => void): Courtesy {
  let touchedAt = -Infinity;
  let heldSince: number | undefined;
  let before = 0;
  const look = () => {
    const now = performance.now();
    const quietMs = now - touchedAt;
    const isHeld = quietMs < AFTER_TOUCH_MS || (quietMs < PATIENCE_MS && isBenchBusy());
    if (isHeld === (heldSince !== undefined)) return;
    before += isHeld ? 0 : now - heldSince!;
    heldSince = isHeld ? now : undefined;
    hold(isHeld);
  };
  const touched = (event: Event) => {
    // A mouse that is only moved changes nothing.
    if (event.type === "pointermove" && (event as PointerEvent).buttons === 0) return;
    touchedAt = performance.now();
    look();
  };
  for (const type of TOUCHES) {
    document.addEventListener(type, touched, { capture: true, passive: true });
  }
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    heldMs: () => before + (heldSince === undefined ? 0 : performance.now() - heldSince),
    end() {
      clearInterval(timer);
      for (const type of TOUCHES) document.removeEventListener(type, touched, { capture: true });
    },
  };
}
