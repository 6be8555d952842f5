import { expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import { attentionRollout, receivedPerToken } from "../testing/fullAttention.ts";
import { rolloutReceived } from "./rollout.ts";

test("the row-vector form equals the column means of the full rollout", () => {
  const T = 7;
  const random = randomStream(5);
  const layers = Array.from({ length: 4 }, () => {
    const a = new Float32Array(T * T);
    for (let q = 0; q < T; q++) {
      const row = Array.from({ length: T }, () => random.uniform());
      const sum = row.reduce((x, y) => x + y, 0);
      row.forEach((value, k) => (a[q * T + k] = value / sum));
    }
    return a;
  });
  const full = receivedPerToken(attentionRollout(layers, T), T);
  const fast = rolloutReceived(layers, T);
  for (let k = 0; k < T; k++) expect(fast[k]).toBeCloseTo(full[k]!, 6);
  expect(fast.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
});
