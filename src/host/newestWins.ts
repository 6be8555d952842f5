/**
 * Newest wins: one request runs at a time, a newer one asks the running one to stop (at its next step, never inside a
 * session run) and takes its place; requests in between are dropped.
 */

export interface CancelSignal {
  readonly aborted: boolean;
}

export type Job<T> = (signal: CancelSignal) => Promise<T>;

/** A request that waits for the running one, with the way to drop it. */
interface Waiting {
  start(): Promise<void>;
  drop(): void;
}

export class NewestWins {
  #running: { aborted: boolean } | undefined;
  #next: Waiting | undefined;

  /** What the job made; undefined where it was stopped or never begun. Rejects with what a job that ran on threw. */
  submit<T>(job: Job<T>): Promise<T | undefined> {
    this.#next?.drop();
    if (this.#running) this.#running.aborted = true;
    return new Promise((resolve, reject) => {
      this.#next = {
        drop: () => resolve(undefined),
        start: async () => {
          const signal = { aborted: false };
          this.#running = signal;
          try {
            const made = await job(signal);
            resolve(signal.aborted ? undefined : made);
          } catch (error) {
            if (signal.aborted) resolve(undefined);
            else reject(error as Error);
          } finally {
            this.#running = undefined;
          }
        },
      };
      if (!this.#running) void this.#drain();
    });
  }

  /** Stops the running request and drops a waiting one. */
  cancel(): void {
    this.#next?.drop();
    this.#next = undefined;
    if (this.#running) this.#running.aborted = true;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  async #drain(): Promise<void> {
    while (this.#next) {
      const { start } = this.#next;
      this.#next = undefined;
      await start();
    }
  }
}
