import { expect, test } from "vitest";
import { Scheduler } from "./scheduler.ts";
import type { CancelSignal } from "./scheduler.ts";
import { Fifo } from "./fifo.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a newer request stops the running one at its next step and skips those in between", async () => {
  const scheduler = new Scheduler();
  const log: string[] = [];
  const job = (name: string) => async (signal: CancelSignal) => {
    for (let step = 0; step < 5; step++) {
      await tick();
      if (signal.aborted) return void log.push(`${name} stopped at ${step}`);
    }
    log.push(`${name} done`);
  };
  scheduler.submit(job("first"));
  scheduler.submit(job("second"));
  scheduler.submit(job("third"));
  while (scheduler.busy) await tick();
  expect(log).toEqual(["first stopped at 0", "third done"]);
});

test("cancel stops the running request and drops the waiting one", async () => {
  const scheduler = new Scheduler();
  let ran = 0;
  scheduler.submit(async (signal) => {
    ran++;
    while (!signal.aborted) await tick();
  });
  scheduler.submit(async () => void ran++);
  scheduler.cancel();
  while (scheduler.busy) await tick();
  expect(ran).toBe(1);
});

test("the queue runs one task at a time, in order, and survives a failure", async () => {
  const queue = new Fifo();
  let active = 0;
  const order: number[] = [];
  const task = (n: number) => async () => {
    expect(++active).toBe(1);
    await tick();
    active--;
    order.push(n);
    if (n === 2) throw new Error("two");
    return n;
  };
  const results = await Promise.allSettled([1, 2, 3].map((n) => queue.enqueue(task(n))));
  expect(order).toEqual([1, 2, 3]);
  expect(results.map((r) => r.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(queue.busy).toBe(false);
});
