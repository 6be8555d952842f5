/** What crosses the border between engine and page while a slider is dragged: the new picture and numbers, nothing old. */
import type { Worker } from "@playwright/test";
import { openBench, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

/** A picture of whole grey levels: 224 x 224 bytes. */
const PICTURE = 224 * 224;
/** A tick is looked at twice: the draft at once, and what three steps from there make of it when the pointer rests. */
const LOOKS = 2;

interface Traffic {
  cloned: number;
  moved: number;
}

/** Counts bytes of binary data in every message that leaves the worker it is run in. */
function countTraffic(): void {
  const traffic: Traffic = { cloned: 0, moved: 0 };
  Object.assign(globalThis, { traffic });
  const bytesIn = (value: unknown, found: Set<ArrayBufferLike>): void => {
    if (ArrayBuffer.isView(value)) found.add(value.buffer);
    else if (value !== null && typeof value === "object") {
      for (const each of Object.values(value)) bytesIn(each, found);
    }
  };
  for (const scope of [MessagePort.prototype, globalThis] as {
    postMessage(message: unknown, transfer: Transferable[]): void;
  }[]) {
    const { postMessage } = scope;
    scope.postMessage = function counted(this: unknown, message: unknown, transfer = []) {
      const found = new Set<ArrayBufferLike>();
      bytesIn(message, found);
      for (const buffer of found) {
        const isMoved = (transfer as unknown[]).includes(buffer);
        traffic[isMoved ? "moved" : "cloned"] += buffer.byteLength;
      }
      postMessage.call(this, message, transfer);
    };
  }
}

test("each look of a slider's tick copies at most 60 kB beside its picture", async ({
  page,
  site,
}) => {
  const engine = new Promise<Worker>((resolve) => {
    page.on("worker", (worker) => {
      if (!/\/worker-[^/]*\.js/.test(worker.url())) return;
      worker.evaluate(countTraffic).then(
        () => resolve(worker),
        () => {},
      );
    });
  });
  await openBench(page, site.url);
  await settle(page);
  const worker = await engine;
  const traffic = () =>
    worker.evaluate(() => ({ ...(globalThis as unknown as { traffic: Traffic }).traffic }));
  /** Once nothing has been said for a second. */
  const quiet = async (): Promise<Traffic> => {
    for (let last = await traffic(); ;) {
      await page.waitForTimeout(1000);
      const now = await traffic();
      if (now.cloned === last.cloned && now.moved === last.moved) return now;
      last = now;
    }
  };
  const epsilon = slider(page, /PGD.*Epsilon/);
  await epsilon.scrollIntoViewIfNeeded();
  const box = (await epsilon.boundingBox())!;
  const at = (share: number) => box.x + 8 + share * (box.width - 16);
  const y = box.y + box.height / 2;
  await page.mouse.move(at(0.2), y);
  await page.mouse.down();
  await page.mouse.move(at(0.3), y);
  const before = await quiet();
  await page.mouse.move(at(0.6), y);
  const after = await quiet();
  await page.mouse.up();
  const cloned = after.cloned - before.cloned;
  const moved = after.moved - before.moved;
  console.log(`One tick: ${cloned} bytes copied, ${moved} moved.`);
  // The pictures came as bytes that were moved, those of the running attack by the clock, and little else.
  expect(cloned).toBeLessThanOrEqual(LOOKS * 60_000);
  expect(moved).toBeGreaterThanOrEqual(LOOKS * PICTURE);
  expect(moved % PICTURE).toBe(0);
});
