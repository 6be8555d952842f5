/**
 * Attacks that look for the smallest change, against Foolbox 3.3 (Carlini & Wagner), AutoAttack's FAB and its projections:
 * models/golden/smallest_changes.py prints every number here.
 */
import { describe, expect, test } from "vitest";
import type { AttackMember, AttackOptions, AttackResult, GradientOracle } from "./attack.ts";
import { carliniWagner, carliniWagnerRule } from "./carliniWagner.ts";
import { deepFool } from "./deepFool.ts";
import { fab, projectOnPlane } from "./fab.ts";
import { distance } from "./search.ts";
import { toLattice } from "./lattice.ts";

const [PIXELS, HIDDEN, ANSWERS] = [12, 7, 3];
const count = (n: number) => Array.from({ length: n }, (_, k) => k);
const FIRST = count(PIXELS).map((i) =>
  count(HIDDEN).map((j) => 1.5 * Math.sin(1.3 * i + 2.1 * j + 0.4)),
);
const SECOND = count(HIDDEN).map((j) =>
  count(ANSWERS).map((k) => 2 * Math.sin(2.7 * j + 1.9 * k + 0.8)),
);
const PICTURE = Float32Array.from(count(PIXELS), (i) => 0.5 + 0.25 * Math.sin(1.1 * i + 0.3));
const NORMAL = Float64Array.from(count(PIXELS), (i) => Math.cos(1.7 * i + 0.2));

/** Margin of the best other answer over the first, and its gradient. */
function network(x: ArrayLike<number>) {
  const hidden = count(HIDDEN).map((j) =>
    Math.tanh(FIRST.reduce((sum, row, i) => sum + (x[i]! - 0.5) * row[j]!, 0)),
  );
  const logits = count(ANSWERS).map((k) =>
    hidden.reduce((sum, h, j) => sum + h * SECOND[j]![k]!, 0),
  );
  const other = logits[1]! > logits[2]! ? 1 : 2;
  const gradient = Float32Array.from(FIRST, (row) =>
    hidden.reduce(
      (sum, h, j) => sum + row[j]! * (1 - h * h) * (SECOND[j]![other]! - SECOND[j]![0]!),
      0,
    ),
  );
  return { loss: logits[other]! - logits[0]!, gradient };
}
const oracle: GradientOracle = {
  loss: async (x) => network(x).loss,
  lossAndGradient: async (x) => network(x),
};
const base: AttackOptions = {
  norm: "l2",
  epsilon: 2,
  steps: 100,
  stepSize: 0.1,
  restarts: 1,
  seed: 1,
  randomStart: false,
};

async function run(attack: AttackMember, options: Partial<AttackOptions>): Promise<AttackResult> {
  const running = { signal: { aborted: false }, yieldToHost: async () => {} };
  const iterator = attack.run(oracle, PICTURE, { ...base, ...options }, running);
  for (;;) {
    const step = await iterator.next();
    if (step.done) return step.value;
  }
}

describe("projection on a plane inside [0, 1]", () => {
  // prettier-ignore
  test.each([
    ["linf", 0.9, [0.62665, 0.6936, 0.59685, 0.44214, 0.30279, 0.33108, 0.59184, 0.80011, 0.63254, 0.27226, 0.20873, 0.51137]],
    ["l2", 0.9, [0.63842, 0.72507, 0.59056, 0.42588, 0.29967, 0.33455, 0.60767, 0.80616, 0.60156, 0.26059, 0.25631, 0.52437]],
    ["linf", -0.8, [0.41672, 0.90353, 0.80678, 0.23221, 0.09285, 0.54101, 0.80177, 0.59018, 0.42261, 0.4822, 0.41866, 0.30143]],
    ["l2", -0.8, [0.38164, 0.80978, 0.82552, 0.28063, 0.10214, 0.5307, 0.75465, 0.57214, 0.51488, 0.51696, 0.27693, 0.2627]],
    ["linf", 2.2, [0.78718, 0.53306, 0.43632, 0.60267, 0.46332, 0.17055, 0.43131, 0.96064, 0.79308, 0.11173, 0.04819, 0.6719]],
    ["l2", 2.2, [0.83479, 0.6603, 0.41089, 0.53695, 0.45072, 0.18455, 0.49527, 0.98512, 0.66784, 0.06455, 0.24055, 0.72447]],
  ] as const)("%s to the offset %d is AutoAttack's", (norm, offset, expected) => {
    const out = projectOnPlane(PICTURE, { normal: NORMAL, offset }, norm);
    expected.forEach((v, i) => expect(Math.abs(out[i]! - v)).toBeLessThan(2e-4));
  });

  test("a plane that misses the cube gives the corner nearest to it", () => {
    const out = projectOnPlane(PICTURE, { normal: NORMAL, offset: 100 }, "l2");
    out.forEach((v, i) => expect(v).toBeCloseTo(NORMAL[i]! > 0 ? 1 : 0, 5));
  });
});

test.each([
  [5, 40, 0.1, 0.40633482],
  [9, 100, 0.001, 0.40308398],
])(
  "Carlini and Wagner in %d searches of %d steps find what Foolbox finds",
  (searches, steps, weight, norm) => {
    const rule = carliniWagnerRule({ origin: PICTURE }, { searches, steps, rate: 0.01, weight });
    let x: Float32Array | undefined = PICTURE;
    let best = Infinity;
    let evaluated = 0;
    while (x) {
      const { loss, gradient } = network(x);
      if (loss > 0) best = Math.min(best, distance(x, PICTURE, "l2"));
      x = rule.next({ step: evaluated++, x, loss, gradient });
    }
    expect(evaluated).toBe(searches * steps);
    expect(Math.abs(best - norm)).toBeLessThan(2e-4);
  },
);

test("FAB finds changes as small as AutoAttack's, and returns the smallest flip that it saw", async () => {
  // AutoAttack's own after 100 iterations: .131725 (linf) and .404537 (l2).
  const box = await run(fab, { norm: "linf", epsilon: 0.5 });
  expect(box.loss).toBeGreaterThan(0);
  expect(box.norm).toBeLessThan(0.131725 * 1.01);
  const ball = await run(fab, { norm: "l2" });
  expect(ball.loss).toBeGreaterThan(0);
  expect(ball.norm).toBeLessThan(0.404537 * 1.01);
  expect((await oracle.loss(ball.adversarial)) > 0).toBe(true);
  expect(distance(ball.adversarial, PICTURE, "l2")).toBe(ball.norm);
  // DeepFool stops at its first flip; Carlini and Wagner have fewer steps for each weight here.
  expect(ball.norm).toBeLessThan((await run(deepFool, {})).norm);
  const weighed = await run(carliniWagner, { epsilon: 0.8 });
  expect(weighed.loss).toBeGreaterThan(0);
  expect(weighed.norm).toBeLessThan(0.5);
});

test("the smallest flip of 8-bit pictures is one of them", async () => {
  const origin = PICTURE.map((v) => Math.round(255 * v) / 255);
  const found = await run(fab, { lattice: true, norm: "l2" }).catch(() => undefined);
  // The picture itself is not one of 8 bits, which is refused.
  expect(found).toBeUndefined();
  const iterator = fab.run(
    oracle,
    origin,
    { ...base, lattice: true },
    {
      signal: { aborted: false },
      yieldToHost: async () => {},
    },
  );
  let step = await iterator.next();
  while (!step.done) step = await iterator.next();
  const { adversarial, loss, norm } = step.value;
  expect(loss).toBeGreaterThan(0);
  expect(norm).toBeLessThan(0.42);
  expect(toLattice(adversarial, origin, { norm: "l2", epsilon: 2 })).toEqual(adversarial);
});

test.each([deepFool, fab, carliniWagner])(
  "$label goes on until the picture flips, where the point in between crosses the border long before",
  async (attack) => {
    // A slope over all pixels: as little as a third of a level each crosses, and no picture holds a third of a level.
    const weights = count(400).map((i) => 1 + 0.5 * Math.sin(2.3 * i));
    const origin = Float32Array.from(weights, (_, i) => (100 + (i % 50)) / 255);
    const loss = async (x: Float32Array) =>
      weights.reduce((sum, w, i) => sum + 255 * w * (x[i]! - origin[i]!), -120);
    const gradient = Float32Array.from(weights, (w) => 255 * w);
    const faint: GradientOracle = {
      loss,
      lossAndGradient: async (x) => ({ loss: await loss(x), gradient }),
    };
    const running = { signal: { aborted: false }, yieldToHost: async () => {} };
    const options = { ...base, epsilon: 0.1, steps: 60, lattice: true };
    const iterator = attack.run(faint, origin, options, running);
    let step = await iterator.next();
    while (!step.done) step = await iterator.next();
    const { adversarial, norm } = step.value;
    expect(await loss(adversarial)).toBeGreaterThan(0);
    // 120 over the largest weights, one level each, is the least that there is.
    expect(norm).toBeGreaterThan(0.035);
    expect(norm).toBeLessThan(0.06);
  },
);
