import { expect, test } from "vitest";
import { Fifo } from "./fifo.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

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
