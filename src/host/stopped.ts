/** How what has no result of its own to leave off at ends half-way: a read of many looks behind a defense, say. */
import type { Host } from "./host.ts";

/** Thrown inside what a newer request has stopped; whoever raised the signal knows why, and no reader sees it. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/**
 * Lets messages in, and ends what awaits it where it was stopped meanwhile: for work whose own contract knows no signal.
 * @throws Stopped
 */
export function stoppable({ signal, yieldToHost }: Host): Host["yieldToHost"] {
  return async () => {
    await yieldToHost();
    if (signal.aborted) throw new Stopped();
  };
}
