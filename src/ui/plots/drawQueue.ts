/**
 * When plots are drawn: each at most five times a second, and one in each task, so that three plots which stream at once
 * never hold the page up together.
 */
export interface DrawClock {
  now(): number;
  /** Calls back in a task of its own after `ms`. */
  wait(ms: number, callback: () => void): void;
}

export const DRAW_INTERVAL_MS = 200;

export interface DrawQueue<K> {
  /** Draws soon; a newer call for the same key replaces one that still waits. */
  request(key: K, draw: () => void): void;
  forget(key: K): void;
}

export function createDrawQueue<K>(clock: DrawClock): DrawQueue<K> {
  const waiting = new Map<K, () => void>();
  const drawnAt = new Map<K, number>();
  let isTimed = false;

  const dueIn = (key: K): number =>
    Math.max(0, (drawnAt.get(key) ?? -Infinity) + DRAW_INTERVAL_MS - clock.now());

  const schedule = (): void => {
    if (isTimed || waiting.size === 0) return;
    isTimed = true;
    clock.wait(Math.min(...[...waiting.keys()].map(dueIn)), () => {
      isTimed = false;
      const next = [...waiting].find(([key]) => dueIn(key) === 0);
      if (next) {
        const [key, draw] = next;
        waiting.delete(key);
        drawnAt.set(key, clock.now());
        draw();
      }
      schedule();
    });
  };

  return {
    request(key, draw) {
      waiting.set(key, draw);
      schedule();
    },
    forget(key) {
      waiting.delete(key);
      drawnAt.delete(key);
    },
  };
}
