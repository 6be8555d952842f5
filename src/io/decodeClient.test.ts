import { describe, expect, it, vi } from "vitest";
import type { Radiograph } from "../image/radiograph.ts";
import { createDecodeClient } from "./decodeClient.ts";
import type { DecodeWorker } from "./decodeClient.ts";
import type { DecodeRequest, DecodeResponse } from "./decodeProtocol.ts";

const radiograph: Radiograph = {
  rows: 1,
  cols: 1,
  values: Int32Array.of(5),
  bitsStored: 8,
  photometric: "MONOCHROME2",
  vois: [],
  pixelAspect: 1,
  notices: [],
  source: "png",
};

/** A worker whose answers the test gives. */
class ScriptedWorker implements DecodeWorker {
  readonly requests: DecodeRequest[] = [];
  isTerminated = false;
  #onMessage: ((event: MessageEvent<DecodeResponse>) => void) | undefined;
  #onError: ((event: { message?: string }) => void) | undefined;

  postMessage(request: DecodeRequest): void {
    this.requests.push(request);
  }
  terminate(): void {
    this.isTerminated = true;
  }
  addEventListener(
    type: "message" | "error",
    listener: (event: MessageEvent<DecodeResponse> & { message?: string }) => void,
  ): void {
    if (type === "message") this.#onMessage = listener;
    else this.#onError = listener as (event: { message?: string }) => void;
  }
  answer(response: DecodeResponse): void {
    this.#onMessage?.({ data: response } as MessageEvent<DecodeResponse>);
  }
  /** Browsers give no message when the worker's script could not be fetched. */
  crash(message?: string): void {
    this.#onError?.(message === undefined ? {} : { message });
  }
}

function setUp(timeoutMs = 8000) {
  const workers: ScriptedWorker[] = [];
  const client = createDecodeClient(() => {
    const worker = new ScriptedWorker();
    workers.push(worker);
    return worker;
  }, timeoutMs);
  return { client, workers };
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("createDecodeClient", () => {
  it("hands one file at a time to one worker", async () => {
    const { client, workers } = setUp();
    const first = client.load(new ArrayBuffer(1));
    const second = client.load(new ArrayBuffer(2));
    await settle();
    expect(workers[0]!.requests.map(({ bytes }) => bytes.byteLength)).toEqual([1]);
    workers[0]!.answer({ id: workers[0]!.requests[0]!.id, radiograph });
    expect(await first).toBe(radiograph);
    await settle();
    workers[0]!.answer({
      id: workers[0]!.requests[1]!.id,
      error: { code: "file-damaged", message: "Bad." },
    });
    await expect(second).rejects.toMatchObject({ code: "file-damaged", message: "Bad." });
    expect(workers).toHaveLength(1);
  });

  it("stops a worker that takes too long and starts a new one for the next file", async () => {
    vi.useFakeTimers();
    try {
      const { client, workers } = setUp(8000);
      const slow = client.load(new ArrayBuffer(1));
      const refusal = expect(slow).rejects.toMatchObject({
        code: "file-damaged",
        message: "This file was not readable within 8 seconds and was given up. Not shown.",
      });
      await vi.advanceTimersByTimeAsync(7999);
      expect(workers[0]!.isTerminated).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await refusal;
      expect(workers[0]!.isTerminated).toBe(true);

      const next = client.load(new ArrayBuffer(1));
      await vi.advanceTimersByTimeAsync(0);
      // A late answer of the stopped worker must not be taken for the new file's.
      workers[0]!.answer({
        id: workers[0]!.requests[0]!.id,
        error: { code: "internal", message: "late" },
      });
      workers[1]!.answer({ id: workers[1]!.requests[0]!.id, radiograph });
      expect(await next).toBe(radiograph);
    } finally {
      vi.useRealTimers();
    }
  });

  it("says that the page is outdated when its worker's script is gone", async () => {
    const { client, workers } = setUp();
    const lost = client.load(new ArrayBuffer(1));
    await settle();
    workers[0]!.crash();
    await expect(lost).rejects.toMatchObject({ code: "page-outdated" });
  });

  it("survives a worker that crashes", async () => {
    const { client, workers } = setUp();
    const crashed = client.load(new ArrayBuffer(1));
    await settle();
    workers[0]!.crash("Uncaught RangeError");
    await expect(crashed).rejects.toMatchObject({ code: "internal" });
    const next = client.load(new ArrayBuffer(1));
    await settle();
    workers[1]!.answer({ id: workers[1]!.requests[0]!.id, radiograph });
    expect(await next).toBe(radiograph);
  });

  it("refuses what waits when it is disposed", async () => {
    const { client, workers } = setUp();
    const current = client.load(new ArrayBuffer(1));
    const waiting = client.load(new ArrayBuffer(1));
    await settle();
    client.dispose();
    await expect(current).rejects.toMatchObject({ code: "cancelled" });
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(workers.map((worker) => worker.isTerminated)).toEqual([true]);
  });
});
