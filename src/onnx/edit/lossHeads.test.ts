/** Loss values are those of the methods literature for logits (2, 1, 0.5, -1); gradients by central differences. */
import { describe, expect, it } from "vitest";
import { LabError } from "../../errors/labError.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { serializeModel } from "../file.ts";
import type { ModelProto } from "../messages.ts";
import {
  ATTENTION_INPUTS,
  LOSS_OUTPUT,
  TEXT_INPUTS,
  withAnswerLoss,
  withAttentionLoss,
  withCotangentLoss,
  withFeatureLoss,
  withTextLoss,
} from "./lossHeads.ts";
import type { AnswerLoss } from "./lossHeads.ts";

/** A graph that passes its input on as `name`. */
const passing = (name: string, shape: readonly number[]): ModelProto =>
  tinyGraph(17, (b) => {
    const x = floatInput(b, "x", shape);
    b.addOutput(b.add("Identity", [x], { outputs: [name] }), 1);
  });

const run = async (
  model: ModelProto,
  feeds: Record<string, Tensor>,
): Promise<Record<string, Tensor>> => nativeRunner(serializeModel(model), feeds);
const lossOf = async (model: ModelProto, feeds: Record<string, Tensor>): Promise<number> =>
  Number((await run(model, feeds))[LOSS_OUTPUT]!.data[0]);

describe("answer losses", () => {
  /** Vocabulary of 6 and two positions; the answers' logits stand at position 1 under ids 4, 0, 3, 1. */
  const row = [1, -1, 9, 0.5, 2, 9];
  const logits = floatTensor(Float32Array.from([...row.map(() => 7), ...row]), [1, 2, 6]);
  const feeds = {
    x: logits,
    position: int64Tensor([1], [1]),
    answer_ids: int64Tensor([4, 0, 3, 1], [4]),
    target: int64Tensor([0], [1]),
  };
  const head = (loss: Partial<AnswerLoss>): ModelProto =>
    withAnswerLoss(passing("logits", [1, 2, 6]), {
      kind: "cross-entropy",
      logits: "logits",
      batch: 1,
      answers: 4,
      ...loss,
    });

  it.each([
    ["cross-entropy", {}, 0, 0.4952],
    ["targeted cross-entropy", { targeted: true }, 1, -1.4952],
    ["margin", { kind: "cw-margin" }, 0, -1],
    ["targeted margin", { kind: "cw-margin", targeted: true }, 2, -1.5],
    ["DLR", { kind: "dlr" }, 0, -0.6667],
  ] as const)("%s has the literature's value", async (_name, loss, target, expected) => {
    const value = await lossOf(head(loss), { ...feeds, target: int64Tensor([target], [1]) });
    expect(value).toBeCloseTo(expected, 4);
  });

  it("targeted DLR has the literature's value", async () => {
    const value = await lossOf(head({ kind: "dlr", targeted: true }), {
      ...feeds,
      target: int64Tensor([2], [1]),
      truth: int64Tensor([0], [1]),
    });
    expect(value).toBeCloseTo(-0.6667, 4);
  });

  it("returns the competing logits in the order asked", async () => {
    const results = await run(head({}), feeds);
    expect([...results["answer_logits"]!.data]).toEqual([2, 1, 0.5, -1]);
  });

  it("sums over a batch, each image with its own target", async () => {
    const model = withAnswerLoss(passing("logits", [2, 4]), {
      kind: "cw-margin",
      logits: "logits",
      batch: 2,
      answers: 4,
      sequence: false,
    });
    const x = floatTensor(Float32Array.from([2, 1, 0.5, -1, 2, 1, 0.5, -1]), [2, 4]);
    const ids = int64Tensor([0, 1, 2, 3], [4]);
    const value = await lossOf(model, { x, answer_ids: ids, target: int64Tensor([0, 2], [2]) });
    expect(value).toBeCloseTo(-1 + 1.5, 5);
  });

  it.each([
    ["cross-entropy", false],
    ["cw-margin", true],
    ["dlr", false],
    ["dlr", true],
  ] as const)(
    "%s (targeted: %s) has its exact gradient on both targets",
    async (kind, targeted) => {
      const model = head({ kind, targeted });
      const all = { ...feeds, target: int64Tensor([2], [1]), truth: int64Tensor([0], [1]) };
      if (!(kind === "dlr" && targeted)) Reflect.deleteProperty(all, "truth");
      for (const target of ["wasm", "webgpu"] as const) {
        const { checks } = await checkCase(
          { model, feeds: all, wrt: ["x"], loss: LOSS_OUTPUT },
          target,
        );
        expect(checks["x"]!.maxRelativeError).toBeLessThan(0.004);
      }
    },
  );

  it("refuses DLR for yes/no questions", () => {
    expect(() => head({ kind: "dlr", answers: 2 })).toThrow(/needs at least 3 answers/);
    expect(() => head({ kind: "dlr", answers: 3, targeted: true })).toThrow(LabError);
  });

  it("leaves room for its inputs where a weight has the same name", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [1, 2, 6]);
      b.addInitializer(tinyGraphWeight("position"));
      b.addOutput(b.add("Add", [x, "position"], { outputs: ["logits"] }), 1);
    });
    const withHead = withAnswerLoss(model, {
      kind: "cw-margin",
      logits: "logits",
      batch: 1,
      answers: 4,
    });
    expect(await lossOf(withHead, feeds)).toBeCloseTo(-1, 5);
  });
});

function tinyGraphWeight(name: string): NonNullable<ModelProto["graph"]>["initializer"][number] {
  const model = tinyGraph(17, (b) => {
    const x = floatInput(b, "x", [1]);
    b.addOutput(b.add("Add", [x, b.constant(floatTensor(Float32Array.of(3), [1]), name)]));
  });
  return model.graph!.initializer[0]!;
}

describe("feature losses", () => {
  const feature = floatTensor(Float32Array.from([3, 4, 0, 0, 0, 2]), [2, 3]);
  const reference = floatTensor(Float32Array.from([1, 0, 0, 0, 0, 5]), [2, 3]);
  it.each([
    ["cosine", false, 0.4],
    ["cosine", true, -0.4],
    ["squared-l2", false, 20 + 9],
    ["squared-l2", true, -29],
  ] as const)("%s (targeted: %s) is what a hand computes", async (kind, targeted, expected) => {
    const model = withFeatureLoss(passing("f", [2, 3]), {
      kind,
      feature: "f",
      shape: [2, 3],
      targeted,
    });
    expect(await lossOf(model, { x: feature, reference })).toBeCloseTo(expected, 5);
  });

  it("take token grids as one vector per image", async () => {
    const model = withFeatureLoss(passing("f", [1, 2, 2]), {
      kind: "cosine",
      feature: "f",
      shape: [1, 2, 2],
    });
    const x = floatTensor(Float32Array.from([1, 1, 1, 1]), [1, 2, 2]);
    const reference = floatTensor(Float32Array.from([1, 1, 0, 0]), [1, 2, 2]);
    expect(await lossOf(model, { x, reference })).toBeCloseTo(1 - Math.SQRT1_2, 5);
  });
});

describe("attention losses", () => {
  /** Two heads of two queries over three keys, whose last two lie in the mask; the last but by half. */
  const rows = [0.5, 0.3, 0.2, 0.1, 0.1, 0.8, 0.9, 0.05, 0.05, 0.2, 0.2, 0.6];
  const scores = rows.map((share) => Math.log(share) + 3);
  const model = (kind: "mass" | "scores", targeted: boolean) =>
    withAttentionLoss(
      tinyGraph(17, (b) => {
        const x = floatInput(b, "x", [1, 2, 2, 3]);
        const map = b.add("Softmax", [x], {
          outputs: ["map"],
          attributes: { axis: { int: -1 } },
        });
        b.addOutput(map, 1);
      }),
      { kind, targeted, taps: [{ tap: "map", shape: [1, 2, 2, 3], weights: [1, 1, 1, 3] }] },
    );
  const key = (values: readonly number[]) => floatTensor(Float32Array.from(values), [1, 1, 1, 3]);
  const x = floatTensor(Float32Array.from(scores), [1, 2, 2, 3]);

  it("mass is the mean share of the mask among the keys that count", async () => {
    const feeds = {
      x,
      [ATTENTION_INPUTS.inside(0)]: key([0, 1, 0.5]),
      [ATTENTION_INPUTS.counted(0)]: key([1, 1, 1]),
    };
    const expected = (0.3 + 0.1 + 0.1 + 0.4 + (0.05 + 0.025 + 0.2 + 0.3)) / 2 / 2;
    expect(await lossOf(model("mass", true), feeds)).toBeCloseTo(expected, 6);
    expect(await lossOf(model("mass", false), feeds)).toBeCloseTo(-expected, 6);
    // Without the first key, as without a class token, the rest shares what is left.
    feeds[ATTENTION_INPUTS.counted(0)] = key([0, 1, 1]);
    const [head0, head1] = [(0.3 + 0.1 + 0.1 + 0.4) / 1.4, (0.05 + 0.025 + 0.2 + 0.3) / 0.9];
    expect(await lossOf(model("mass", true), feeds)).toBeCloseTo((head0 + head1) / 2, 6);
  });

  it("scores are weighed before the softmax, and move where the softmax has saturated", async () => {
    const contrast = key([-1 / 6, 1 / 12, 1 / 12]);
    const weighed = scores.reduce((sum, s, i) => sum + s * contrast.data[i % 3]!, 0) / 2;
    const feeds = { x, [ATTENTION_INPUTS.contrast(0)]: contrast };
    expect(await lossOf(model("scores", true), feeds)).toBeCloseTo(weighed, 5);
    const saturated = {
      ...feeds,
      x: floatTensor(
        x.data.map((s) => 200 * s),
        x.shape,
      ),
    };
    const { checks } = await checkCase({
      model: model("scores", true),
      feeds: saturated,
      wrt: ["x"],
      loss: LOSS_OUTPUT,
    });
    expect(checks["x"]!.ok).toBe(true);
    expect(Math.max(...checks["x"]!.analytic.map(Math.abs))).toBeGreaterThan(0.05);
  });
});

it("a text's log-likelihood is the sum over its tokens", async () => {
  const logits = [1, 2, 3, 0, 1, 0, 5, 5, 5, 2, 0, 0];
  const head = (targeted: boolean) =>
    withTextLoss(passing("logits", [1, 4, 3]), {
      logits: "logits",
      positions: 4,
      vocabulary: 3,
      targeted,
    });
  const feeds = {
    x: floatTensor(Float32Array.from(logits), [1, 4, 3]),
    [TEXT_INPUTS.ids]: int64Tensor([0, 1, 2, 0], [4]),
    [TEXT_INPUTS.counted]: floatTensor(Float32Array.of(0, 1, 1, 0), [4]),
  };
  const expected = Math.log(Math.E / (2 + Math.E)) + Math.log(1 / 3);
  expect(await lossOf(head(true), feeds)).toBeCloseTo(expected, 5);
  expect(await lossOf(head(false), feeds)).toBeCloseTo(-expected, 5);
  for (const target of ["wasm", "webgpu"] as const) {
    const { checks } = await checkCase(
      { model: head(true), feeds, wrt: ["x"], loss: LOSS_OUTPUT },
      target,
    );
    expect(checks["x"]!.ok).toBe(true);
  }
});

it("the cotangent head sums any outputs against any vectors", async () => {
  const model = tinyGraph(17, (b) => {
    const x = floatInput(b, "x", [3]);
    b.addOutput(b.add("Exp", [x], { outputs: ["y"] }), 1);
    b.addOutput(b.add("Neg", [x], { outputs: ["z"] }), 1);
  });
  const head = withCotangentLoss(model, [
    { name: "y", shape: [3] },
    { name: "z", shape: [3] },
  ]);
  const x = randomTensor(1, [3]);
  const [u, v] = [randomTensor(2, [3]), randomTensor(3, [3])];
  const expected = x.data.reduce((sum, t, i) => sum + u.data[i]! * Math.exp(t) - v.data[i]! * t, 0);
  expect(await lossOf(head, { x, cotangent_y: u, cotangent_z: v })).toBeCloseTo(expected, 5);
});

describe("names that a head needs", () => {
  it("are freed where the model has such outputs and values, and the head reads what was meant", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [3]);
      const value = b.add("Mul", [x, x], { outputs: ["loss"] });
      b.addOutput(value, 1, [3]);
      b.addOutput(b.add("Sin", [value], { outputs: ["grad_x"] }), 1, [3]);
    });
    for (const output of ["loss", "grad_x"]) {
      const { checks } = await checkCase({
        model,
        feeds: { x: randomTensor(1, [3]) },
        wrt: ["x"],
        outputs: [output],
      });
      expect(checks["x"]!.ok).toBe(true);
    }
  });
});
