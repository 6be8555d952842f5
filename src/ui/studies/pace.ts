/** How fast a study's rows come, for the time it has left. */

/** A longer gap between two rows is a closed lid or a frozen tab, and no work: it counts as this much. */
const LONGEST_GAP_MS = 60_000;

export interface Pace {
  /** A row has come. */
  row(now: number): void;
  /** Seconds a row, of those that came. */
  secondsPerRow(): number;
}

/** @param started milliseconds, on the clock of row() */
export function createPace(started: number): Pace {
  let last = started;
  let first = 0;
  let worked = 0;
  let rows = 0;
  return {
    row(now) {
      const took = Math.min(now - last, LONGEST_GAP_MS);
      last = now;
      // The first also loads the model: it tells the pace only as long as it is alone.
      if (rows === 0) first = took;
      else worked += took;
      rows++;
    },
    secondsPerRow: () => (rows > 1 ? worked / (rows - 1) : first) / 1000,
  };
}
