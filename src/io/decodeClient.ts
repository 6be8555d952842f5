/**
 * The caller's side of decode.worker.ts. A hostile file can keep any parser busy, so every file has a deadline after
 * which its worker is stopped; the next file gets a new one.
 */
import { fromErrorData, LabError } from "../errors/labError.ts";
import { isUnfetched, partMissing } from "../host/loadPart.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { DecodeRequest, DecodeResponse } from "./decodeProtocol.ts";
import { DECODE_TIMEOUT_MS } from "./limits.ts";

export interface DecodeClient {
  /**
   * Decodes one file; files wait for each other. `bytes` is transferred to the worker and unusable afterwards.
   * @throws LabError with a file-* code, or "internal" when the worker itself can't run
   */
  load(bytes: ArrayBuffer): Promise<Radiograph>;
  /** Stops the worker; waiting files are refused as cancelled. */
  dispose(): void;
}

/** The part of a Worker that is used. */
export interface DecodeWorker {
  postMessage(message: DecodeRequest, transfer: Transferable[]): void;
  terminate(): void;
  addEventListener(type: "message", listener: (event: MessageEvent<DecodeResponse>) => void): void;
  addEventListener(type: "error", listener: (event: { readonly message?: string }) => void): void;
}

/** The file that is being read. */
interface Pending {
  readonly id: number;
  settle(response: DecodeResponse): void;
  /** Refuses the file and stops the worker that reads it. */
  giveUp(error: LabError): void;
}

export function createDecodeClient(
  spawn: () => DecodeWorker = spawnDecodeWorker,
  timeoutMs: number = DECODE_TIMEOUT_MS,
): DecodeClient {
  let worker: DecodeWorker | undefined;
  let pending: Pending | undefined;
  let lastFile: Promise<unknown> = Promise.resolve();
  let nextId = 1;
  let isDisposed = false;

  const startWorker = (): DecodeWorker => {
    const started = spawn();
    started.addEventListener("message", ({ data }) => {
      if (data.id === pending?.id) pending.settle(data);
    });
    started.addEventListener("error", (event) =>
      pending?.giveUp(isUnfetched(event) ? partMissing() : workerFailed()),
    );
    return started;
  };

  const decode = (bytes: ArrayBuffer): Promise<Radiograph> =>
    new Promise<Radiograph>((resolve, reject) => {
      if (isDisposed) {
        reject(disposed());
        return;
      }
      const id = nextId++;
      const finish = (): void => {
        clearTimeout(timer);
        pending = undefined;
      };
      const giveUp = (error: LabError): void => {
        finish();
        worker?.terminate();
        worker = undefined;
        reject(error);
      };
      const settle = (response: DecodeResponse): void => {
        finish();
        if ("error" in response) reject(fromErrorData(response.error));
        else resolve(response.radiograph);
      };
      const timer = setTimeout(() => giveUp(tookTooLong(timeoutMs)), timeoutMs);
      pending = { id, settle, giveUp };
      worker ??= startWorker();
      worker.postMessage({ id, bytes }, [bytes]);
    });

  return {
    load(bytes) {
      const result = lastFile.then(() => decode(bytes));
      lastFile = result.catch(() => {});
      return result;
    },
    dispose() {
      isDisposed = true;
      pending?.giveUp(disposed());
      worker?.terminate();
      worker = undefined;
    },
  };
}

function spawnDecodeWorker(): DecodeWorker {
  return new Worker(new URL("./decode.worker.ts", import.meta.url), { type: "module" });
}

function tookTooLong(timeoutMs: number): LabError {
  return new LabError(
    "file-damaged",
    `This file was not readable within ${timeoutMs / 1000} seconds and was given up. Not shown.`,
    { hint: "Export it again, uncompressed or as JPEG lossless." },
  );
}

function workerFailed(): LabError {
  return new LabError("internal", "The part of this page that reads files has stopped.", {
    hint: "Open the file again; reload the page if that does not help.",
  });
}

function disposed(): LabError {
  return new LabError("cancelled", "Reading the file was cancelled.");
}
