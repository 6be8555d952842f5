import { expect, test } from "vitest";
import { NewestWins } from "./newestWins.ts";
import type { CancelSignal } from "./newestWins.ts";

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a newer request stops the running one at its next step and skips those in between", async () => {
  const requests = new NewestWins();
  const log: string[] = [];
  const job = (name: string) => async (signal: CancelSignal) => {
    for (let step = 0; step < 5; step++) {
      await tick();
      if (signal.aborted) return void log.push(`${name} stopped at ${step}`);
    }
    log.push(`${name} done`);
    return name;
  };
  const made = await Promise.all(["first", "second", "third"].map((n) => requests.submit(job(n))));
  expect(log).toEqual(["first stopped at 0", "third done"]);
  expect(made).toEqual([undefined, undefined, "third"]);
  expect(requests.busy).toBe(false);
});

test("cancel stops the running request and drops the waiting one", async () => {
  const requests = new NewestWins();
  let ran = 0;
  const running = requests.submit(async (signal) => {
    ran++;
    while (!signal.aborted) await tick();
  });
  const waiting = requests.submit(async () => ran++);
  requests.cancel();
  expect(await waiting).toBeUndefined();
  await running;
  expect(ran).toBe(1);
});

test("a failure reaches its caller, unless the request was given up, and the next one runs", async () => {
  const requests = new NewestWins();
  const fail = async (): Promise<never> => {
    await tick();
    throw new Error("no");
  };
  await expect(requests.submit(fail)).rejects.toThrow("no");
  const givenUp = requests.submit(fail);
  expect(await requests.submit(async () => 7)).toBe(7);
  expect(await givenUp).toBeUndefined();
});
