import { expect, test } from "vitest";
import { l2Norm } from "../../tensor/norms.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { measured, quantity, specWith } from "../../testing/measuredInstrument.ts";
import { modelInputOf } from "../source.ts";
import { quantileOf } from "./fsfIndex.ts";

test("the 95th percentile by rank", () => {
  const values = Array.from({ length: 100 }, (_, k) => k + 1);
  expect(quantileOf(values.toReversed(), 0.95)).toBe(95);
  expect(quantileOf([3], 0.95)).toBe(3);
  expect(quantileOf([], 0.95)).toBeNaN();
});

test("a model whose map never moves has FSF index 1 wherever a negated wording flips, and it never rises with tau", async () => {
  const result = await measured(specWith("fsfIndex", { params: { questions: 3, wordings: 6 } }));
  expect(quantity(result, "flips").value).toBeGreaterThan(0);
  expect(quantity(result, "fsf").value).toBe(1);
  expect(quantity(result, "fsf").n).toBe(quantity(result, "flips").value);
  // Maps of different questions are the same map too: nothing is more alike than that.
  expect(quantity(result, "tauCalibrated").value).toBeCloseTo(1, 6);
  expect(quantity(result, "fsfCalibrated").value).toBe(0);
  const curve = result.plots!.find(({ id }) => id === "byTau")!;
  if (curve.kind !== "lines") throw new Error("no curve");
  const { y } = curve.series[0]!;
  y.forEach((share, k) => expect(share).toBeLessThanOrEqual(y[Math.max(0, k - 1)]!));
});

test("no flips = null: the index is empty and says why", async () => {
  const side = await measured(
    specWith(
      "fsfIndex",
      { params: { wordings: 2, questions: 3 } },
      { question: "Is this radiograph portable?" },
    ),
  );
  expect(quantity(side, "fsf").value).toBeNaN();
  expect(quantity(side, "fsf").note).toContain("no wording flips");
});

test("the ruler finds the true distance of a linear model from above, and certifies from below", async () => {
  const spec = specWith("l2Ruler", {
    params: { sigma: 0.02, samples: 100, reach: 10, steps: 20 },
  });
  const result = await measured(spec);
  const model = fakeModel();
  const { image } = modelInputOf(
    spec.case,
    spec.window,
    { size: 32, resize: "area-stretch" },
    () => undefined,
  );
  const { loss, gradient } = await model.lossGradient(image, {
    kind: "answer",
    aim: "towards",
    answer: "yes",
    loss: "margin",
    promptIds: [1],
    answers: ["yes", "no"],
    answerTokenIds: [1, 2],
  });
  const distance = Math.abs(loss) / l2Norm(gradient);
  const found = quantity(result, "found").value;
  expect(found).toBeGreaterThanOrEqual(distance - 1e-3);
  expect(found).toBeLessThan(1.6 * distance);
  expect(quantity(result, "certified").value).toBeLessThanOrEqual(distance);
  const rows = result.tables![0]!.rows.map((row) => row[3] as number);
  expect(rows).toEqual(rows.toSorted((a, b) => a - b));
});
