/**
 * One queue in front of every run() of every session: two WebGPU runs at the same time hang the page for good
 * (measured with onnxruntime-web 1.30, also across sessions).
 */
export class Fifo {
  #tail: Promise<unknown> = Promise.resolve();
  #depth = 0;

  /** Runs the task after all earlier ones have settled; its failure does not stop later tasks. */
  enqueue<T>(task: () => Promise<T>): Promise<T> {
    this.#depth++;
    const result = this.#tail.then(task).finally(() => this.#depth--);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  get busy(): boolean {
    return this.#depth > 0;
  }
}
