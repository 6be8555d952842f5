/**
 * Newest wins: one request runs at a time, a newer one asks the running one to stop (at its next step, never inside a
 * session run) and takes its place; requests in between are dropped.
 */

export interface CancelSignal {
  readonly aborted: boolean;
}

export type Job = (signal: CancelSignal) => Promise<void>;

export class Scheduler {
  #running: { aborted: boolean } | undefined;
  #next: Job | undefined;

  /** Never rejects: a job reports its own failures. */
  submit(job: Job): void {
    this.#next = job;
    if (this.#running) this.#running.aborted = true;
    else void this.#drain();
  }

  /** Stops the running request and drops a waiting one. */
  cancel(): void {
    this.#next = undefined;
    if (this.#running) this.#running.aborted = true;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  async #drain(): Promise<void> {
    while (this.#next) {
      const job = this.#next;
      this.#next = undefined;
      const signal = { aborted: false };
      this.#running = signal;
      try {
        await job(signal);
      } finally {
        this.#running = undefined;
      }
    }
  }
}
