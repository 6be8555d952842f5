/** What an output is taken for: features, or the scores of a classifier. */
import { expect, it } from "vitest";
import type { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { encoderManifest } from "./encoderManifest.ts";
import { proposeEncoder } from "./encoderProposal.ts";

const FILE = { name: "net.onnx", bytes: 1, sha256: "ab".repeat(32) };

/** A convolution, pooled to [1, 32]; `head` adds the outputs. */
function network(head: (b: GraphBuilder, pooled: string, map: string) => void) {
  return tinyGraph(17, (b) => {
    const x = floatInput(b, "x", [1, 3, 16, 16]);
    const map = b.add("Conv", [x, b.constant(randomTensor(1, [32, 3, 4, 4]))], {
      attributes: { strides: { ints: [4, 4] } },
    });
    head(b, b.add("Flatten", [b.add("GlobalAveragePool", [map])]), map);
  });
}

function dense(b: GraphBuilder, x: string, width: number, name: string): void {
  const weights = [b.constant(randomTensor(2, [32, width])), b.constant(randomTensor(3, [width]))];
  b.add("Gemm", [x, ...weights], { outputs: [name] });
  b.addOutput(name, ELEMENT_TYPE.float32);
}

it.each<[string, (b: GraphBuilder, pooled: string) => void]>([
  ["by its name", (b, x) => dense(b, x, 14, "logits")],
  ["by its form, under any name", (b, x) => dense(b, x, 14, "1234")],
  [
    "behind a sigmoid",
    (b, x) => {
      const scores = b.add("MatMul", [x, b.constant(randomTensor(2, [32, 14]))]);
      b.add("Sigmoid", [scores], { outputs: ["output"] });
      b.addOutput("output", ELEMENT_TYPE.float32);
    },
  ],
])("calls 14 logits class scores, %s", async (_name, head) => {
  const model = network(head);
  const { proposal } = await proposeEncoder(model, nativeRunner);
  expect(proposal.outputs[0]).toMatchObject({ meaning: "class scores", shape: [1, 14] });
  const told = proposal.notices.join(" ");
  expect(told).toContain("class scores, 14 of them, whose names are not in the file");
  expect(told).toContain("about these scores, not about features");
  expect(encoderManifest(model, proposal, FILE)).toMatchObject({
    task: "classifier",
    description: expect.stringContaining("classifier"),
  });
});

it("names the classes when they are given", async () => {
  const labels = ["Atelectasis", "Cardiomegaly", "Effusion"];
  const model = network((b, x) => dense(b, x, 3, "y"));
  const { proposal } = await proposeEncoder(model, nativeRunner, { labels });
  expect(proposal.notices.join(" ")).toContain("3 of them: Atelectasis, Cardiomegaly, Effusion");
  expect(encoderManifest(model, proposal, FILE).labels).toEqual(labels);
});

it("takes the features of a classifier that also puts them out", async () => {
  const model = network((b, x) => {
    dense(b, x, 14, "logits");
    b.add("Identity", [x], { outputs: ["pooled"] });
    b.addOutput("pooled", ELEMENT_TYPE.float32);
  });
  const { proposal } = await proposeEncoder(model, nativeRunner);
  expect(proposal.embedding).toBe("pooled");
  expect(proposal.notices.join(" ")).not.toContain("nothing but class scores");
});

it.each(["image_embeds", "features", "projection"])("keeps %s an embedding", async (name) => {
  const { proposal } = await proposeEncoder(
    network((b, x) => dense(b, x, 16, name)),
    nativeRunner,
  );
  expect(proposal.outputs[0]!.meaning).toBe("embedding");
});

it("keeps a projection without a bias an embedding, and one vector of a map too", async () => {
  const { proposal: projected } = await proposeEncoder(
    network((b, x) => {
      b.add("MatMul", [x, b.constant(randomTensor(2, [32, 16]))], { outputs: ["y"] });
      b.addOutput("y", ELEMENT_TYPE.float32);
    }),
    nativeRunner,
  );
  expect(projected.outputs[0]!.meaning).toBe("embedding");
  const { proposal: pooled } = await proposeEncoder(
    network((b, _x, map) => {
      b.add("GlobalAveragePool", [map], { outputs: ["y"] });
      b.addOutput("y", ELEMENT_TYPE.float32);
    }),
    nativeRunner,
  );
  expect(pooled).toMatchObject({ embedding: "y", embeddingWidth: 32 });
  expect(pooled.outputs[0]!.meaning).toBe("embedding");
});

it.each<[string, string, string, RegExp]>([
  ["text", "input_ids", "attention_mask", /takes text and no picture/],
  ["a decoder", "inputs_embeds", "past_key_values.0.key", /is a decoder/],
])("refuses %s by name and says what to open", async (_name, first, second, sentence) => {
  const model = tinyGraph(17, (b) => {
    const x = b.add("Cast", [b.addInput(first, ELEMENT_TYPE.int64, ["b", "t"])], {
      attributes: { to: { int: 1 } },
    });
    const y = b.add("Cast", [b.addInput(second, ELEMENT_TYPE.int64, ["b", "t"])], {
      attributes: { to: { int: 1 } },
    });
    b.addOutput(b.add("Add", [x, y]), 1);
  });
  await expect(proposeEncoder(model, nativeRunner)).rejects.toMatchObject({
    code: "model-incompatible",
    message: expect.stringMatching(sentence),
    hint: expect.stringContaining("vision_model.onnx"),
  });
});
