/**
 * Calls into workers, by comlink; its one door. Of an error comlink keeps name and message: here every error crosses as
 * a LabError, with its code, hint and place. A worker that ends leaves nobody waiting, which comlink alone would.
 */
import { expose, proxy, transfer, transferHandlers, wrap } from "comlink";
import type { Endpoint, ProxyMarked, Remote } from "comlink";
import { fromErrorData, toErrorData } from "../errors/labError.ts";
import type { LabError, LabErrorData } from "../errors/labError.ts";

const thrown = transferHandlers.get("throw")!;
transferHandlers.set("throw", {
  canHandle: (value): value is { readonly value: unknown } => thrown.canHandle(value),
  serialize: ({ value }: { readonly value: unknown }) => [toErrorData(value), []],
  deserialize: (data: LabErrorData) => {
    throw fromErrorData(data);
  },
});

/** Answers calls to `service` that come in at this worker, or at another endpoint. */
export function serveCalls(service: object, endpoint?: Endpoint): void {
  expose(service, endpoint);
}

/** A function to hand over: calls on the other side arrive here. */
export function callback<F extends (...args: never[]) => void>(listener: F): F & ProxyMarked {
  // A fresh function: the mark would stay on the caller's own.
  return proxy(((...args) => listener(...args)) as F);
}

/** `value`, whose buffers move instead of being copied: they are empty on this side afterwards. */
export function moving<T extends object>(value: T, buffers: readonly Transferable[]): T {
  return transfer(value, [...buffers]);
}

/** The part of a Worker that is used. */
export interface WorkerLike extends Endpoint {
  terminate(): void;
}

export interface WorkerLink<S> {
  /** One call. @throws LabError that the worker threw, or the reason for which it was ended before it answered */
  ask<T>(call: (service: Remote<S>) => PromiseLike<T>): Promise<T>;
  /** Stops the worker; calls without an answer are refused with `reason`. */
  end(reason: LabError): void;
}

/** How a worker failed as a whole; without a message where its script could not be fetched (host/loadPart.ts). */
export interface Crash {
  readonly message?: string;
}

/** @param onCrash told when the worker fails as a whole (its script, its memory); it is for the caller to end it then */
export function linkWorker<S>(worker: WorkerLike, onCrash: (crash: Crash) => void): WorkerLink<S> {
  const service = wrap<S>(worker);
  const unanswered = new Set<(reason: LabError) => void>();
  let ended: LabError | undefined;
  worker.addEventListener("error", (event) => {
    if (!ended) onCrash(event as Crash);
  });
  return {
    ask: (call) =>
      new Promise((resolve, reject) => {
        if (ended) {
          reject(ended);
          return;
        }
        unanswered.add(reject);
        call(service)
          .then(resolve, reject)
          .then(() => unanswered.delete(reject));
      }),
    end: (reason) => {
      ended ??= reason;
      worker.terminate();
      for (const refuse of unanswered) refuse(reason);
      unanswered.clear();
    },
  };
}
