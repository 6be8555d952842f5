import { expect, test } from "vitest";
import { randomStream } from "../numerics/random.ts";
import type { AttackIterate, AttackResult } from "./attack.ts";
import { FINALISTS, ROUNDS, judgedAgain } from "./judgedAgain.ts";

const CONTEXT = { signal: { aborted: false }, yieldToHost: () => Promise.resolve() };
const PLAIN = { settings: [] } as const;

/** An attack that shows pictures of one pixel, and judges each by the loss it is given. */
async function* shown(
  pictures: readonly { readonly value: number; readonly loss: number }[],
): AsyncGenerator<AttackIterate, AttackResult> {
  let best = { adversarial: new Float32Array(1), loss: -Infinity, step: 0 };
  for (const [step, { value, loss }] of pictures.entries()) {
    const current = Float32Array.of(value);
    if (loss > best.loss) best = { adversarial: current, loss, step };
    yield { ...best, current, step, loss, bestLoss: best.loss, restart: 0, norm: value };
  }
  const counts = { gradientPasses: pictures.length, queries: 0, cancelled: false };
  return { ...best, norm: best.adversarial[0]!, restart: 0, ...counts };
}

async function resultOf(run: AsyncGenerator<AttackIterate, AttackResult>): Promise<AttackResult> {
  for (;;) {
    const turn = await run.next();
    if (turn.done) return turn.value;
  }
}

test("a picture that was lucky once loses to the one that is better on further draws", async () => {
  const run = shown([
    { value: 0.25, loss: 1 },
    { value: 0.5, loss: 9 },
    { value: 0.75, loss: 3 },
  ]);
  const asked: number[] = [];
  const truth = (picture: Float32Array, round: number) => {
    asked.push(round);
    return Promise.resolve([picture[0]!]);
  };
  const result = await resultOf(judgedAgain(run, PLAIN, { lossAgain: truth }, CONTEXT));
  expect(result.adversarial[0]).toBe(0.75);
  expect(result).toMatchObject({ step: 2, loss: 0.75, norm: 0.75 });
  expect(result.queries).toBe(3 * ROUNDS);
  expect(new Set(asked)).toEqual(new Set([1, 2, 3, 4]));
});

test("over many noisy runs it finds better pictures than the luckiest draw does", async () => {
  // True losses of 40 iterates lie within 1 of each other; a draw moves each by about as much.
  const random = randomStream(5, "lucky");
  let [again, lucky] = [0, 0];
  for (let run = 0; run < 300; run++) {
    const pictures = Array.from({ length: 40 }, () => random.uniform());
    const draw = (value: number) => value + random.normal();
    const noisy = pictures.map((value) => ({ value, loss: draw(value) }));
    const judged = judgedAgain(
      shown(noisy),
      PLAIN,
      { lossAgain: (picture) => Promise.resolve([draw(picture[0]!)]) },
      CONTEXT,
    );
    again += (await resultOf(judged)).adversarial[0]!;
    lucky += (await resultOf(shown(noisy))).adversarial[0]!;
  }
  expect(again / 300).toBeGreaterThan(lucky / 300 + 0.02);
});

test("what turns most answers wins over what moves their mean furthest", async () => {
  // The first picture turns one draw of four, by far; the second turns three of them, by little.
  const drawn: Readonly<Record<number, readonly number[]>> = {
    0.25: [12, -1, -1, -2],
    0.5: [0.5, 0.5, 0.5, -1],
  };
  const run = () =>
    shown([
      { value: 0.25, loss: 2 },
      { value: 0.5, loss: 1 },
    ]);
  const lossAgain = (picture: Float32Array) => Promise.resolve(drawn[picture[0]!]!);
  const byShare = await resultOf(judgedAgain(run(), PLAIN, { lossAgain, turnsAbove: 0 }, CONTEXT));
  expect(byShare).toMatchObject({ step: 1, loss: 0.125 });
  // A loss that says nothing of flips is all there is to go by.
  const byMean = await resultOf(judgedAgain(run(), PLAIN, { lossAgain }, CONTEXT));
  expect(byMean).toMatchObject({ step: 0, loss: 2 });
});

test("the smallest flip and a pattern for many stay what their member chose", async () => {
  const never = () => Promise.reject(new Error("asked again"));
  const pictures = Array.from({ length: FINALISTS + 2 }, (_, k) => ({ value: k, loss: k }));
  for (const member of [{ settings: [], seeks: "smallest" }, { settings: ["phantoms"] }] as const) {
    const result = await resultOf(
      judgedAgain(shown(pictures), member, { lossAgain: never }, CONTEXT),
    );
    expect(result.loss).toBe(FINALISTS + 1);
  }
});
