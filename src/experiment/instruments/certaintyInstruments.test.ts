import { expect, test } from "vitest";
import { labAround } from "../../testing/fakeLab.ts";
import { fakeModel } from "../../testing/fakeModel.ts";
import { measured, quantity, specWith } from "../../testing/measuredInstrument.ts";
import { l2Norm } from "../../tensor/norms.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guaranteedConfidence } from "../../metrics/guaranteedConfidence.ts";

const PARAMS = { samples: 200, sigma: 0.02, wordings: 3 };

/** l2 distance at which a linear model turns: its margin over the length of its gradient. */
async function turningDistance(): Promise<number> {
  const { calls: _calls, ...model } = fakeModel();
  const lab = labAround(fakeModel());
  const system = await lab.system("base", "fp32");
  const size = 32;
  const { modelInputOf } = await import("../source.ts");
  const { case: open, window } = specWith("answerCertificate");
  const { image } = modelInputOf(open, window, { size, resize: "area-stretch" }, () => undefined);
  const { loss, gradient } = await model.lossGradient(image, {
    kind: "answer",
    aim: "towards",
    answer: "yes",
    loss: "margin",
    promptIds: system.encodePrompt("x"),
    answers: ["yes", "no"],
    answerTokenIds: [1, 2],
  });
  return Math.abs(loss) / l2Norm(gradient);
}

test("the vote, the mean and the median certify no more than the true distance of a linear model", async () => {
  const result = await measured(specWith("answerCertificate", { params: PARAMS }));
  const distance = await turningDistance();
  for (const id of ["radius", "joint", "meanMargin", "medianMargin"]) {
    expect(quantity(result, id).value, id).toBeGreaterThanOrEqual(0);
    expect(quantity(result, id).value, id).toBeLessThanOrEqual(distance);
  }
  const { value } = quantity(result, "radius");
  expect(value).toBeGreaterThan(0);
  // A share of alpha for each wording, from the same copies.
  expect(quantity(result, "joint").value).toBeLessThan(value);
});

test("votes are recorded for whoever recounts them, and a second alpha draws no copy again", async () => {
  const model = fakeModel();
  const recorded = new Map<string, Tensor>();
  const context = labAround(model, { record: (name, tensor) => void recorded.set(name, tensor) });
  const result = await measured(specWith("answerCertificate", { params: PARAMS }), context);
  const votes = recorded.get("instrument.answerCertificate.votes")!;
  expect(votes.shape).toEqual([200, 4]);
  const own = Array.from(votes.data as Float32Array).filter((_, i) => i % 4 === 0);
  expect(own.reduce((a, b) => a + b, 0) / 200).toBeCloseTo(quantity(result, "share").value, 12);

  const before = model.calls.encode;
  const wider = await measured(
    specWith("answerCertificate", { params: { ...PARAMS, alpha: 0.05 } }),
    context,
  );
  expect(model.calls.encode - before).toBeLessThan(10);
  expect(quantity(wider, "radius").value).toBeGreaterThan(quantity(result, "radius").value);
});

test("the least confidence with a guaranteed risk: Clopper-Pearson at alpha / 20, by hand", () => {
  const right = (n: number, confidence: number) =>
    Array.from({ length: n }, () => ({ confidence, correct: true }));
  const all = guaranteedConfidence(right(100, 0.9), 0.1)!;
  expect(all.confidence).toBe(0.5);
  expect(all.riskUpper).toBeCloseTo(1 - 0.0025 ** (1 / 100), 9);
  expect(guaranteedConfidence(right(10, 0.9), 0.1)).toBeNull();
  const doubtful = Array.from({ length: 40 }, () => ({ confidence: 0.55, correct: false }));
  expect(guaranteedConfidence([...right(100, 0.9), ...doubtful], 0.1)!.confidence).toBeGreaterThan(
    0.55,
  );
});

test("calibration counts the phantoms that have a truth, and the sets follow the threshold", async () => {
  const result = await measured(specWith("calibratedConfidence", { params: { cases: 20 } }));
  expect(quantity(result, "accuracy").n).toBe(20);
  expect(quantity(result, "ece").value).toBeGreaterThanOrEqual(0);
  const { value: aurc } = quantity(result, "aurc");
  expect(quantity(result, "excessAurc").value).toBeLessThanOrEqual(aurc + 1e-12);
  expect(quantity(result, "set.clean").value).toBeLessThanOrEqual(2);
  const pneumonia = await measured(
    specWith("calibratedConfidence", {}, { question: "Is there pneumonia?" }),
  );
  expect(pneumonia.obstacle).toContain("have a true answer");
});

test("what a figure rests on is recorded: its error of calibration and its doubt are had from the rows alone", async () => {
  const recorded = new Map<string, Tensor>();
  const context = labAround(fakeModel(), {
    record: (name, tensor) => void recorded.set(name, tensor),
  });
  const rowsOf = (name: string): readonly (readonly number[])[] => {
    const { data, shape } = recorded.get(`instrument.${name}`)!;
    const width = shape[1]!;
    const values = Array.from(data as Float32Array);
    return Array.from({ length: shape[0]! }, (_, k) => values.slice(k * width, (k + 1) * width));
  };
  const calibrated = await measured(
    specWith("calibratedConfidence", { params: { cases: 20 } }),
    context,
  );
  const cases = rowsOf("calibratedConfidence.cases");
  expect(cases).toHaveLength(20);
  const right = cases.filter(([, correct]) => correct === 1).length;
  expect(quantity(calibrated, "accuracy").value).toBeCloseTo(right / 20, 9);
  const gaps = new Map<number, number>();
  for (const [confidence, correct] of cases) {
    const bin = Math.min(9, Math.floor(10 * confidence!));
    gaps.set(bin, (gaps.get(bin) ?? 0) + confidence! - correct!);
  }
  const error = [...gaps.values()].reduce((sum, gap) => sum + Math.abs(gap) / 20, 0);
  expect(quantity(calibrated, "ece").value).toBeCloseTo(error, 5);

  const unsure = await measured(specWith("answerUncertainty", { params: { views: 4 } }), context);
  const members = rowsOf("answerUncertainty.views.disturbed");
  expect(members).toHaveLength(4);
  const mean = [0, 1].map((k) => members.reduce((sum, member) => sum + member[k]! / 4, 0));
  const entropy = mean.reduce((sum, p) => sum - p * Math.log(p), 0);
  expect(quantity(unsure, "entropy.views.disturbed").value).toBeCloseTo(entropy, 5);
});
