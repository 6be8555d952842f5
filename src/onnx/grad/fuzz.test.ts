/** Random graphs, a few of them here; `npm run bench -- gradients-fuzz` takes thousands. */
import { expect, it } from "vitest";
import { judge, judgeAll } from "../../testing/graphFuzz/judge.ts";

it("no gradient of a random graph is wrong: each agrees with central differences, or is refused", async () => {
  const counts = await judgeAll(0, 60);
  expect(counts.wrong).toEqual([]);
  expect(counts.right).toBeGreaterThan(40);
  expect(counts.unjudged).toBeLessThan(5);
});

it("is a pure function of its seed", async () => {
  expect(await judge(3)).toEqual(await judge(3));
});
