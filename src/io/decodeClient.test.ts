import { describe, expect, it, vi } from "vitest";
import type { Radiograph } from "../image/radiograph.ts";
import { LabError } from "../errors/labError.ts";
import { FakeWorker, messagesArrive } from "../testing/fakeWorker.ts";
import { createDecodeClient } from "./decodeClient.ts";

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
  rawSha256: "0".repeat(64),
};

/** A decoder whose answers the test gives. */
class ScriptedDecoder {
  readonly worker = new FakeWorker(this);
  readonly reads: {
    readonly bytes: ArrayBuffer;
    answer(radiograph: Radiograph): void;
    refuse(error: LabError): void;
  }[] = [];

  read(bytes: ArrayBuffer): Promise<Radiograph> {
    return new Promise((answer, refuse) => {
      this.reads.push({ bytes, answer, refuse });
    });
  }
}

function setUp(timeoutMs = 8000) {
  const decoders: ScriptedDecoder[] = [];
  const client = createDecodeClient(() => {
    const decoder = new ScriptedDecoder();
    decoders.push(decoder);
    return decoder.worker;
  }, timeoutMs);
  return { client, decoders };
}

describe("createDecodeClient", () => {
  it("hands one file at a time to one worker and moves its bytes there", async () => {
    const { client, decoders } = setUp();
    const bytes = new ArrayBuffer(1);
    const first = client.load(bytes);
    const second = client.load(new ArrayBuffer(2));
    await messagesArrive();
    expect(decoders[0]!.reads.map((read) => read.bytes.byteLength)).toEqual([1]);
    expect(bytes.byteLength).toBe(0);
    decoders[0]!.reads[0]!.answer(radiograph);
    expect(await first).toEqual(radiograph);
    await messagesArrive();
    const hint = "Export it again.";
    decoders[0]!.reads[1]!.refuse(new LabError("file-damaged", "Bad.", { hint, where: "SOS" }));
    await expect(second).rejects.toMatchObject({
      code: "file-damaged",
      message: "Bad.",
      hint,
      where: "SOS",
    });
    expect(decoders).toHaveLength(1);
  });

  it("stops a worker that takes too long and starts a new one for the next file", async () => {
    vi.useFakeTimers();
    try {
      const { client, decoders } = setUp(8000);
      const slow = client.load(new ArrayBuffer(1));
      const refusal = expect(slow).rejects.toMatchObject({
        code: "file-damaged",
        message: "This file was not readable within 8 seconds and was given up. Not shown.",
      });
      await vi.advanceTimersByTimeAsync(7999);
      expect(decoders[0]!.worker.terminated).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await refusal;
      expect(decoders[0]!.worker.terminated).toBe(true);

      const next = client.load(new ArrayBuffer(1));
      await messagesArrive();
      // A late answer of the stopped worker must not be taken for the new file's.
      decoders[0]!.reads[0]?.refuse(new LabError("internal", "late"));
      decoders[1]!.reads[0]!.answer(radiograph);
      expect(await next).toEqual(radiograph);
    } finally {
      vi.useRealTimers();
    }
  });

  it("says that the page is outdated when its worker's script is gone", async () => {
    const { client, decoders } = setUp();
    const lost = client.load(new ArrayBuffer(1));
    await messagesArrive();
    decoders[0]!.worker.crash();
    await expect(lost).rejects.toMatchObject({ code: "page-outdated" });
  });

  it("survives a worker that crashes", async () => {
    const { client, decoders } = setUp();
    const crashed = client.load(new ArrayBuffer(1));
    await messagesArrive();
    decoders[0]!.worker.crash("out of memory");
    await expect(crashed).rejects.toMatchObject({ code: "internal" });
    const next = client.load(new ArrayBuffer(1));
    await messagesArrive();
    decoders[1]!.reads[0]!.answer(radiograph);
    expect(await next).toEqual(radiograph);
  });

  it("refuses what waits when it is disposed", async () => {
    const { client, decoders } = setUp();
    const current = client.load(new ArrayBuffer(1));
    const waiting = client.load(new ArrayBuffer(1));
    await messagesArrive();
    client.dispose();
    await expect(current).rejects.toMatchObject({ code: "cancelled" });
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    expect(decoders.map(({ worker }) => worker.terminated)).toEqual([true]);
  });
});
