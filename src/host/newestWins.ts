/**
 * Newest wins: one request runs at a time, a newer one asks the running one to stop (at its next step, never inside a
 * session run) and takes its place; requests in between are dropped.
 */

export interface CancelSignal {
  readonly aborted: boolean;
  /** Fulfilled when it is raised; absent where nothing is ever stopped half-way. */
  readonly stopped?: Promise<void>;
}

/** What `work` makes; undefined as soon as the signal is raised, while the work itself goes on for whoever needs it next. */
export function unlessStopped<T>(
  work: Promise<T>,
  { stopped }: CancelSignal,
): Promise<T | undefined> {
  return stopped ? Promise.race([work, stopped.then(() => undefined)]) : work;
}

class Stop implements CancelSignal {
  readonly stopped: Promise<void>;
  #raise = () => {};
  #isRaised = false;

  constructor() {
    this.stopped = new Promise((resolve) => {
      this.#raise = resolve;
    });
  }

  get aborted(): boolean {
    return this.#isRaised;
  }

  raise(): void {
    this.#isRaised = true;
    this.#raise();
  }
}

export type Job<T> = (signal: CancelSignal) => Promise<T>;

/** A request that waits for the running one, with the way to drop it. */
interface Waiting {
  start(): Promise<void>;
  drop(): void;
}

export class NewestWins {
  #running: Stop | undefined;
  #next: Waiting | undefined;

  /** What the job made; undefined where it was stopped or never begun. Rejects with what a job that ran on threw. */
  submit<T>(job: Job<T>): Promise<T | undefined> {
    this.#next?.drop();
    this.#running?.raise();
    return new Promise((resolve, reject) => {
      this.#next = {
        drop: () => resolve(undefined),
        start: async () => {
          const signal = new Stop();
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
    this.#running?.raise();
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
