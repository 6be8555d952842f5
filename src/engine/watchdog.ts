/**
 * Watches over a worker from outside. One that says nothing for too long hangs inside the runtime (a lost GPU device, a
 * driver stall) and can't be asked to stop.
 */

/** Longest silence of a busy worker: one run of a slow graph under a software GPU stays below it. */
const SILENCE_LIMIT_MS = 45_000;
/**
 * Longest silence before the model is ready: compiling 27 MB of runtime and optimising graphs happen without a word, and
 * restarting a machine that is merely slow would make it start over, slower still.
 */
const LOADING_SILENCE_LIMIT_MS = 240_000;
const WATCH_INTERVAL_MS = 2_000;

export class Watchdog {
  readonly #timer: ReturnType<typeof setInterval>;
  #lastHeard = 0;
  #lastTick = performance.now();
  #isWaiting = false;
  #isReady = false;

  /** @param onSilence told how long, in seconds, the worker has said nothing */
  constructor(onSilence: (seconds: number) => void) {
    this.#timer = setInterval(() => {
      const now = performance.now();
      // A closed lid and a frozen tab stop the worker with the page: that is no silence.
      const asleep = Math.max(0, now - this.#lastTick - WATCH_INTERVAL_MS);
      this.#lastHeard = Math.min(now, this.#lastHeard + asleep);
      this.#lastTick = now;
      if (!this.#isWaiting) return;
      const limit = this.#isReady ? SILENCE_LIMIT_MS : LOADING_SILENCE_LIMIT_MS;
      if (now - this.#lastHeard > limit) onSilence(limit / 1000);
    }, WATCH_INTERVAL_MS);
  }

  /** A fresh worker loads. */
  started(): void {
    this.#lastHeard = performance.now();
    this.#isWaiting = true;
    this.#isReady = false;
  }

  /** There is no worker to hear of. */
  ended(): void {
    this.#isWaiting = false;
  }

  /** The worker has been asked something. */
  asked(): void {
    this.#isWaiting = true;
    this.#lastHeard = Math.max(this.#lastHeard, performance.now());
  }

  heard(): void {
    this.#lastHeard = performance.now();
  }

  /** The model can be asked. */
  ready(): void {
    this.#isReady = true;
  }

  /** The worker says itself whether it is at work. */
  pulse(busy: boolean): void {
    this.#isWaiting = busy;
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}
