import { expect, it } from "vitest";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import { floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { tinyEncoder } from "../../testing/tinyEncoder.ts";
import { encoderManifest } from "./encoderManifest.ts";
import { proposeEncoder } from "./encoderProposal.ts";
import { parseManifest } from "../../model/manifest.ts";
import { parsePreprocessing } from "./preprocessing.ts";

const FILE = { name: "my vit.onnx", bytes: 1234, sha256: "ab".repeat(32) };

it("reads off a graph what it says, and says what it guesses", async () => {
  const { proposal } = await proposeEncoder(tinyEncoder(), nativeRunner);
  expect(proposal.input).toMatchObject({
    name: "pixel_values",
    size: 32,
    channels: 3,
    layout: "NCHW",
  });
  expect(proposal.outputs).toEqual([
    { name: "last_hidden_state", shape: [1, 17, 8], meaning: "tokens", axes: "channels-last" },
    { name: "pooled", shape: [1, 8], meaning: "embedding" },
  ]);
  expect(proposal).toMatchObject({
    embedding: "pooled",
    tokens: "last_hidden_state",
    grid: { prefix: 1, rows: 4, columns: 4 },
    obstacles: [],
  });
  expect(proposal.attention).toMatchObject([{ heads: 2, kind: "self", shape: [1, 2, 17, 17] }]);
  expect(proposal.notices.join(" ")).toMatch(/ImageNet.* is a guess/);

  const manifest = encoderManifest(tinyEncoder(), proposal, FILE);
  expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  expect(manifest).toMatchObject({ task: "encoder", tokenGrid: [4, 4], defaultPrecision: "fp32" });
  expect(manifest.files[0]).toMatchObject({ path: "my_vit.onnx", sha256: FILE.sha256 });
});

it("finds the size of an open picture from the stored positions", async () => {
  const { proposal } = await proposeEncoder(tinyEncoder("size"), nativeRunner);
  expect(proposal.input.size).toBe(32);
});

it("names what has no gradient", async () => {
  const model = tinyGraph(17, (b) => {
    const x = floatInput(b, "x", [1, 3, 8, 8]);
    b.addOutput(b.add("Det", [b.add("Relu", [x])], { outputs: ["y"] }), 1);
  });
  const { proposal } = await proposeEncoder(model, nativeRunner);
  expect(proposal.obstacles).toEqual([
    { node: expect.stringMatching(/^Det /), reason: expect.stringContaining("no gradient rule") },
  ]);
  expect(proposal.notices.join(" ")).toContain("No attention in this model");
});

it("refuses a model that takes more than a picture, naming its inputs", async () => {
  const model = tinyGraph(17, (b) => {
    const x = floatInput(b, "image", [1, 3, 8, 8]);
    const t = floatInput(b, "text", [1, 8]);
    b.addOutput(b.add("Add", [x, t]), 1);
    b.constant(randomTensor(1, [1]));
  });
  await expect(proposeEncoder(model, nativeRunner)).rejects.toMatchObject({
    code: "model-incompatible",
    message: expect.stringContaining("image [1, 3, 8, 8]; text [1, 8]"),
  });
});

it.each([[[-1, 3, -1, -1]], [[0, 3, 0, 0]], [["batch", 3, "height", "width"]], [["?", 3, 32, 32]]])(
  "takes %j for an input of open size",
  async (shape) => {
    const model = tinyGraph(17, (b) => {
      const x = b.addInput("x", ELEMENT_TYPE.float32, shape);
      b.add("GlobalAveragePool", [x], { outputs: ["y"] });
      b.addOutput("y", ELEMENT_TYPE.float32);
    });
    const { input, embeddingWidth } = (await proposeEncoder(model, nativeRunner)).proposal;
    expect(input).toMatchObject({ layout: "NCHW", channels: 3, size: shape[2] === 32 ? 32 : 224 });
    expect(embeddingWidth).toBe(3);
  },
);

it("takes the size that its folder states before any guess", async () => {
  const model = tinyGraph(17, (b) => {
    const x = b.addInput("x", ELEMENT_TYPE.float32, ["n", 3, "h", "w"]);
    b.add("GlobalAveragePool", [x], { outputs: ["y"] });
    b.addOutput("y", ELEMENT_TYPE.float32);
  });
  const preprocessing = parsePreprocessing(
    { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], size: { height: 96, width: 96 } },
    "preprocessor_config.json",
  )!;
  const { proposal } = await proposeEncoder(model, nativeRunner, { preprocessing });
  const { input, notices } = proposal;
  expect(input).toMatchObject({ size: 96, mean: [0.5, 0.5, 0.5], resize: "area-stretch" });
  expect(notices.join(" ")).not.toContain("is a guess");
});
