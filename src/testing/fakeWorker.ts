/** A worker without a thread: a service on the other end of a MessageChannel, so that calls cross as they do in a browser. */
import { serveCalls } from "../host/workers.ts";
import type { WorkerLike } from "../host/workers.ts";

export class FakeWorker implements WorkerLike {
  readonly #near: MessagePort;
  readonly #far: MessagePort;
  readonly #onError: ((event: Event) => void)[] = [];
  terminated = false;

  constructor(service: object) {
    const { port1, port2 } = new MessageChannel();
    this.#near = port1;
    this.#far = port2;
    serveCalls(service, port2);
    port1.start();
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.#near.postMessage(message, transfer);
  }

  addEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
    if (type === "error") this.#onError.push(listener as (event: Event) => void);
    else this.#near.addEventListener(type, listener);
  }

  removeEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
    this.#near.removeEventListener(type, listener);
  }

  terminate(): void {
    this.terminated = true;
    this.#near.close();
    this.#far.close();
  }

  /** The worker fails as a whole; without a message where its script is gone. */
  crash(message?: string): void {
    for (const listener of this.#onError) listener({ message } as unknown as Event);
  }
}

/** Lets messages under way arrive, also while timers are faked: a call and its answer take two hops. */
export async function messagesArrive(hops = 12): Promise<void> {
  for (let hop = 0; hop < hops; hop++) {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", () => {
        port1.close();
        resolve();
      });
      port1.start();
      port2.postMessage(null);
    });
  }
}
