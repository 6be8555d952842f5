/** No path from a value to the loss is lost: each is followed, or refused by the name of the node that stops it. */
import { describe, expect, it } from "vitest";
import { int64Tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkCase, floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import type { CheckedGradient } from "../../testing/tinyGraphs.ts";
import { differentiationObstacles } from "../check.ts";
import { GraphView } from "../graph.ts";
import type { GraphBuilder } from "../graphBuilder.ts";
import { graphOf } from "../messages.ts";
import type { GraphProto, ModelProto } from "../messages.ts";

const SHAPE = [3, 4];
const feeds: Record<string, Tensor> = { x: randomTensor(2, SHAPE) };

/** A body of its own names that may read values of the graph around it. */
const body = (build: (b: GraphBuilder) => void): GraphProto => graphOf(tinyGraph(17, build));

/** x beside a path through `build`, so that something is left when the path is lost. */
const besideResidual = (build: (b: GraphBuilder, x: string) => string): ModelProto =>
  tinyGraph(17, (b) => {
    const x = floatInput(b, "x", SHAPE);
    b.addOutput(b.add("Add", [build(b, x), x], { outputs: ["y"] }), 1);
  });

/** y = v * 3 counted twice over: a body that carries v. */
const loopBody = body((b) => {
  b.addInput("i", 7, []);
  b.addInput("go", 9, []);
  b.addInput("v", 1, SHAPE);
  b.add("Identity", ["go"], { outputs: ["go_on"] });
  b.add("Mul", ["v", b.constant(randomTensor(9, [1]), "loop_weight")], { outputs: ["v_next"] });
  b.addOutput("go_on", 9, []);
  b.addOutput("v_next", 1, SHAPE);
});

const capturingBody = body((b) => {
  b.addInput("i", 7, []);
  b.addInput("go", 9, []);
  b.addInput("v", 1, SHAPE);
  b.add("Identity", ["go"], { outputs: ["go_on"] });
  b.add("Mul", ["v", "captured"], { outputs: ["v_next"] });
  b.addOutput("go_on", 9, []);
  b.addOutput("v_next", 1, SHAPE);
});

const branch = (op: string, name: string): GraphProto =>
  body((b) => {
    b.add(op, ["captured"], { outputs: [name] });
    b.addOutput(name, 1, SHAPE);
  });

const scanBody = body((b) => {
  b.addInput("sum", 1, [4]);
  b.addInput("row", 1, [4]);
  b.add("Add", ["sum", "row"], { outputs: ["sum_next"] });
  b.add("Identity", ["sum_next"], { outputs: ["seen"] });
  b.addOutput("sum_next", 1, [4]);
  b.addOutput("seen", 1, [4]);
});

const truth = (b: GraphBuilder): string =>
  b.constant({ dtype: "bool", data: Uint8Array.of(1), shape: [] });

const LOST: Readonly<Record<string, readonly [operator: string, model: ModelProto]>> = {
  "a value that a loop carries": [
    "Loop",
    besideResidual((b, x) =>
      b.add("Loop", [b.int(2), truth(b), x], { attributes: { body: { graph: loopBody } } }),
    ),
  ],
  "a value that a loop's body reads from outside": [
    "Loop",
    besideResidual((b, x) => {
      b.add("Sin", [x], { outputs: ["captured"] });
      return b.add("Loop", [b.int(2), truth(b), b.constant(randomTensor(1, SHAPE))], {
        attributes: { body: { graph: capturingBody } },
      });
    }),
  ],
  "a branch chosen at run time": [
    "If",
    besideResidual((b, x) => {
      b.add("Sin", [x], { outputs: ["captured"] });
      const sum = b.add("ReduceSum", [x], { attributes: { keepdims: { int: 0 } } });
      return b.add("If", [b.add("Greater", [sum, b.float(0)])], {
        attributes: {
          then_branch: { graph: branch("Exp", "then_y") },
          else_branch: { graph: branch("Neg", "else_y") },
        },
      });
    }),
  ],
  "a scan": [
    "Scan",
    besideResidual((b, x) => {
      const [, rows = ""] = b.addMany("Scan", [b.constant(randomTensor(1, [4])), x], {
        outputs: 2,
        attributes: { num_scan_inputs: { int: 1 }, body: { graph: scanBody } },
      });
      return rows;
    }),
  ],
  "an operator without a rule": [
    "Det",
    besideResidual((b, x) =>
      b.add("Det", [b.add("MatMul", [x, b.constant(randomTensor(1, [4, 3]))])]),
    ),
  ],
};

describe("a path beside a residual connection", () => {
  for (const [name, [operator, model]] of Object.entries(LOST)) {
    it(`through ${name} is refused by name, and inspection says so beforehand`, async () => {
      await expect(checkCase({ model, feeds, wrt: ["x"] })).rejects.toMatchObject({
        code: "graph-unsupported-op",
        message: expect.stringContaining(`operator ${operator} `),
      });
      const obstacles = differentiationObstacles(new GraphView(model), ["x"]);
      expect(obstacles.map(({ node }) => node.split(" ")[0])).toEqual([operator]);
    });
  }

  it("is not refused for a body that reads only its shape", async () => {
    const model = besideResidual((b, x) => {
      b.add("Identity", [x], { outputs: ["captured"] });
      const sum = b.add("ReduceSum", [b.addInput("other", 1, [2])], {
        attributes: { keepdims: { int: 0 } },
      });
      const shapeOf = (name: string, factor: number): GraphProto =>
        body((inner) => {
          const size = inner.add("Size", ["captured"], { outputs: [`${name}_size`] });
          const float = inner.add("Cast", [size], {
            attributes: { to: { int: 1 } },
            outputs: [`${name}_float`],
          });
          inner.add("Mul", [float, inner.constant(randomTensor(factor, []), `${name}_c`)], {
            outputs: [name],
          });
          inner.addOutput(name, 1, []);
        });
      return b.add("If", [b.add("Greater", [sum, b.float(0)])], {
        attributes: {
          then_branch: { graph: shapeOf("then_y", 3) },
          else_branch: { graph: shapeOf("else_y", 4) },
        },
      });
    });
    const { gradients } = await checkCase({
      model,
      feeds: { ...feeds, other: randomTensor(1, [2]) },
      wrt: ["x"],
    });
    expect([...gradients["x"]!]).toEqual([...randomTensor(7, SHAPE).data]);
  });
});

async function expectExact(model: ModelProto, x: Tensor = feeds["x"]!): Promise<CheckedGradient> {
  const checked = await checkCase({ model, feeds: { x }, wrt: ["x"] });
  expect(checked.checks["x"]!.ok).toBe(true);
  expect(checked.checks["x"]!.maxRelativeError).toBeLessThan(0.004);
  return checked;
}

describe("outputs beside the first one", () => {
  const scale = randomTensor(5, [4]);
  for (const [output, name] of [
    [1, "mean"],
    [2, "inverse deviation"],
  ] as const) {
    for (const alone of [false, true]) {
      it(`LayerNormalization's ${name}${alone ? " alone" : " beside the result"}`, async () => {
        const model = tinyGraph(17, (b) => {
          const made = b.addMany(
            "LayerNormalization",
            [floatInput(b, "x", SHAPE), b.constant(scale)],
            { outputs: 3 },
          );
          if (!alone) b.addOutput(made[0]!, 1);
          b.addOutput(made[output]!, 1);
        });
        await expectExact(model);
      });
    }
  }

  it("SimplifiedLayerNormalization's inverse root", async () => {
    const model = tinyGraph(17, (b) => {
      const made = b.addMany(
        "SimplifiedLayerNormalization",
        [floatInput(b, "x", SHAPE), b.constant(scale)],
        { outputs: 2 },
      );
      for (const name of made) b.addOutput(name, 1);
    });
    await expectExact(model);
  });

  it("SkipLayerNormalization's statistics are refused", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", [1, ...SHAPE]);
      const inputs = [x, x, b.constant(scale), b.constant(scale)];
      const made = b.addMany("SkipLayerNormalization", inputs, {
        outputs: 2,
        domain: "com.microsoft",
      });
      for (const name of made) b.addOutput(name, 1);
    });
    const x = randomTensor(2, [1, ...SHAPE]);
    await expect(checkCase({ model, feeds: { x }, wrt: ["x"] })).rejects.toThrow(
      /statistics|output/,
    );
  });
});

describe("inputs that only steer", () => {
  it("CastLike's example does not count", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", SHAPE);
      const two = b.add("CastLike", [
        b.constant({ dtype: "float64", data: Float64Array.of(2), shape: [] }),
        x,
      ]);
      b.addOutput(b.add("Mul", [b.add("Sin", [x]), two]), 1);
    });
    await expectExact(model);
  });

  it("OneHot's two values do count, its indices don't", async () => {
    const model = tinyGraph(17, (b) => {
      const values = floatInput(b, "x", [2]);
      const indices = b.constant(int64Tensor([0, 2, 1], [3]));
      b.addOutput(b.add("OneHot", [indices, b.ints([4]), values]), 1);
      b.addOutput(b.add("Sin", [values]), 1);
    });
    await expectExact(model, randomTensor(2, [2]));
  });

  it("Clip's bounds count where they show", async () => {
    const model = tinyGraph(17, (b) => {
      const x = floatInput(b, "x", SHAPE);
      const low = b.add("ReduceMean", [x], { attributes: { keepdims: { int: 0 } } });
      const high = b.add("Add", [low, b.float(0.5)]);
      b.addOutput(b.add("Clip", [x, low, high]), 1);
    });
    await expectExact(model);
  });
});
