/**
 * The caller's side of decode.worker.ts. A hostile file can keep any parser busy, so every file has a deadline after
 * which its worker is stopped; the next file gets a new one.
 */
import { LabError, partStopped } from "../errors/labError.ts";
import { isUnfetched, partMissing } from "../host/loadPart.ts";
import { linkWorker, moving } from "../host/workers.ts";
import type { WorkerLike, WorkerLink } from "../host/workers.ts";
import type { Radiograph } from "../image/radiograph.ts";
import type { HeaderRow } from "./dicomHeader.ts";
import { DECODE_TIMEOUT_MS } from "./limits.ts";
import type { WantedPicture } from "./loadRadiograph.ts";

export type { HeaderRow };

export interface DecodeClient {
  /**
   * Decodes one picture of a file, the first unless said otherwise; files wait for each other. `bytes` is transferred to the worker and unusable afterwards.
   * @throws LabError with a file-* code, or "internal" when the worker itself can't run
   */
  load(bytes: ArrayBuffer, wanted?: WantedPicture): Promise<Radiograph>;
  /**
   * The header of a DICOM file as rows to read; of any other file none. What may tell whose film it is comes only where `isRevealed`.
   * @throws LabError as `load` does
   */
  header(bytes: ArrayBuffer, isRevealed: boolean): Promise<readonly HeaderRow[]>;
  /** Stops the worker; waiting files are refused as cancelled. */
  dispose(): void;
}

/** As it is called from the page. */
type Remote = Parameters<Parameters<WorkerLink<DecodeService>["ask"]>[0]>[0];

/** What the worker can be asked. */
export interface DecodeService {
  /** `bytes` is a whole file and moves to the worker. @throws LabError with a file-* code */
  read(bytes: ArrayBuffer, wanted: WantedPicture): Promise<Radiograph>;
  header(bytes: ArrayBuffer, isRevealed: boolean): Promise<readonly HeaderRow[]>;
}

export function createDecodeClient(
  spawn: () => WorkerLike = spawnDecodeWorker,
  timeoutMs: number = DECODE_TIMEOUT_MS,
): DecodeClient {
  let link: WorkerLink<DecodeService> | undefined;
  let lastFile: Promise<unknown> = Promise.resolve();
  let isDisposed = false;

  /** Stops the worker and refuses the file it reads. */
  const giveUp = (reason: LabError): void => {
    link?.end(reason);
    link = undefined;
  };

  const ask = async <T>(call: (service: Remote) => PromiseLike<T>): Promise<T> => {
    if (isDisposed) throw disposed();
    link ??= linkWorker<DecodeService>(spawn(), (crash) =>
      giveUp(isUnfetched(crash) ? partMissing() : workerFailed()),
    );
    const timer = setTimeout(() => giveUp(tookTooLong(timeoutMs)), timeoutMs);
    try {
      return await link.ask(call);
    } finally {
      clearTimeout(timer);
    }
  };

  const inTurn = <T>(call: (service: Remote) => PromiseLike<T>): Promise<T> => {
    const result = lastFile.then(() => ask(call));
    lastFile = result.catch(() => {});
    return result;
  };

  return {
    load: (bytes, wanted = {}) => inTurn((s) => s.read(moving(bytes, [bytes]), wanted)),
    header: (bytes, isRevealed) => inTurn((s) => s.header(moving(bytes, [bytes]), isRevealed)),
    dispose() {
      isDisposed = true;
      giveUp(disposed());
    },
  };
}

function spawnDecodeWorker(): WorkerLike {
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
  return partStopped(
    "The part of this page that reads files has stopped.",
    "Open the file again; reload the page if that does not help.",
  );
}

function disposed(): LabError {
  return new LabError("cancelled", "Reading the file was cancelled.");
}
