/** A reader's encoder from file to experiment, in Node's runtime. */
import { readFile } from "node:fs/promises";
import { clearField, create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProtoSchema } from "onnx-buf";
import { expect, it } from "vitest";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import type { StageResults } from "../experiment/results.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { ELEMENT_TYPE, graphOf, makeValueInfo } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { parseModel, serializeModel } from "../onnx/file.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { GraphBuilder } from "../onnx/graphBuilder.ts";
import { tinyEncoder, tinyEncoderFile } from "../testing/tinyEncoder.ts";
import { Lab } from "../engine/lab.ts";
import { openModel } from "./openModel.ts";
import { OwnModels } from "./ownModels.ts";
import { probeRunner } from "./runners.ts";

const sessions = nodeSessions(1);
const probe = probeRunner(sessions);
const own = new OwnModels();
const BYTES = tinyEncoderFile();
const files = { name: "tiny.onnx", graph: new Blob([BYTES]), weights: {} };
const SIZE = 32;

async function openTiny(change: (std: number[]) => number[] = (std) => std) {
  const { manifest } = await own.propose(files, probe);
  const described = {
    ...manifest,
    input: { ...manifest.input, std: change(manifest.input.std) },
  };
  const source = await own.open(described, files, probe);
  return { model: await openModel(source, sessions), manifest };
}

/** The opening experiment, with another model. */
async function runOn(
  model: VisionLanguageModel,
  stack: ExperimentSpec["stack"] = defaultSpec().stack,
): Promise<Partial<StageResults>> {
  const lab = new Lab({ openModel: async () => model, yieldToHost: async () => {} });
  const opening = defaultSpec();
  const spec: ExperimentSpec = {
    ...opening,
    model: { id: model.manifest.id, precision: "fp32" },
    stack,
    certificate: { ...opening.certificate, maxSamples: 24 },
  };
  const stages: Partial<StageResults> = {};
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  return stages;
}

/** The class token times 1 + det of four pixels: a real operator that has no gradient rule. */
function withDeterminant(model: ModelProto): ModelProto {
  const b = new GraphBuilder(model);
  const corner = b.add("Slice", ["pixel_values", b.ints([0, 0]), b.ints([2, 2]), b.ints([2, 3])]);
  const det = b.add("Det", [corner]);
  const scale = b.add("Add", [b.add("ReduceSum", [det]), b.float(1)]);
  const out = b.add("Mul", ["pooled", b.reshape(scale, [1])], { outputs: ["scaled"] });
  b.setOutputs([
    makeValueInfo("last_hidden_state", ELEMENT_TYPE.float32, [1, 17, 8]),
    makeValueInfo(out, ELEMENT_TYPE.float32, [1, 8]),
  ]);
  return b.build();
}

it("normalises pixels as the manifest says and returns unit embeddings", async () => {
  const { model, manifest } = await openTiny();
  const image = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 7) % 256) / 255);
  const { embedding, attention, tokens } = await model.encode(image);
  // The same by hand: three normalised copies into the graph as it is on disk.
  const { mean, std } = manifest.input;
  const data = Float32Array.from({ length: 3 * SIZE * SIZE }, (_, i) => {
    const c = Math.floor(i / (SIZE * SIZE));
    return (image[i % (SIZE * SIZE)]! - mean[c]!) / std[c]!;
  });
  const feeds = { pixel_values: { dtype: "float32", data, shape: [1, 3, SIZE, SIZE] } } as const;
  const { pooled } = await nativeRunner(BYTES, feeds);
  const expected = pooled!.data as Float32Array;
  const norm = Math.hypot(...expected);
  embedding.forEach((value, i) => expect(value).toBeCloseTo(expected[i]! / norm, 5));
  expect(tokens.shape).toEqual([1, 17, 8]);
  expect(attention).toHaveLength(1);
  // The class token is left out and the rest is a map over 4 x 4 patches.
  expect(attention[0]!.maps).toHaveLength(2 * 16);
  const sum = attention[0]!.maps.slice(0, 16).reduce((a, b) => a + b, 0);
  expect(sum).toBeCloseTo(1, 5);
  await model.release();
});

it("shows where an encoder looks that puts out its embedding or class scores alone", async () => {
  const b = new GraphBuilder(tinyEncoder());
  b.setOutputs([makeValueInfo("pooled", ELEMENT_TYPE.float32, [1, 8])]);
  const graph = new Blob([new Uint8Array(serializeModel(b.build()))]);
  const alone = { name: "pooled.onnx", graph, weights: {} };
  const { manifest, proposal } = await own.propose(alone, probe);
  expect(proposal.attention).toHaveLength(1);
  const image = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 7) % 256) / 255);
  const whole = await openTiny();
  const known = await whole.model.encode(image);
  // Opened at once, and after its manifest was saved and dropped again.
  for (const models of [own, new OwnModels()]) {
    const model = await openModel(await models.open(manifest, alone, probe), sessions);
    const { attention, tokens } = await model.encode(image);
    expect(tokens.shape).toEqual([1, 1, 8]);
    expect(attention).toHaveLength(1);
    expect([...attention[0]!.maps]).toEqual([...known.attention[0]!.maps]);
    await model.release();
  }
  await whole.model.release();
});

it("runs the whole experiment without answers: features move, attention is compared, the bound is made", async () => {
  const { model } = await openTiny();
  const { clean, disturbed, metrics, certificate, gradientCheck } = await runOn(model);
  expect(clean!.answer).toBeNull();
  expect(clean!.grid).toEqual([4, 4]);
  expect(metrics!.flipped).toBeNull();
  const trace = disturbed!.items.find((item) => item.trace)!.trace!;
  expect(trace.lossName).toBe("1 − cosine of the embeddings");
  expect(trace.bestLoss.at(-1)).toBeGreaterThan(trace.bestLoss[0]!);
  expect(metrics!.featureCosine).toBeLessThan(0.9999);
  expect(metrics!.rolloutSsim).toBeLessThanOrEqual(1);
  expect(gradientCheck!.ok).toBe(true);
  expect(certificate!.n).toBe(24);
  await model.release();
});

it("runs Swin, whose windows are drawn on each stage's own grid and make no rollout", async () => {
  const bytes = await readFile(
    new URL("../../models/golden/windows/swin.dynamo.onnx", import.meta.url),
  );
  const swin = { name: "swin.onnx", graph: new Blob([Uint8Array.from(bytes)]), weights: {} };
  const { manifest, proposal } = await own.propose(swin, probe);
  expect(proposal.attention).toHaveLength(3);
  const source = await own.open(manifest, swin, probe);
  const model = await openModel(source, sessions);
  const { clean, metrics } = await runOn(model);
  expect(clean!.attention.map(({ kind, layer, grid }) => [kind, layer, ...grid])).toEqual([
    ["self", 0, 8, 8],
    ["self", 1, 8, 8],
    ["self", 2, 4, 4],
  ]);
  expect(clean!.rollout).toHaveLength(0);
  expect(metrics!.rolloutSsim).toBeNaN();
  expect(metrics!.attentionSsim).toHaveLength(3);
  for (const { ssim } of metrics!.attentionSsim) expect(ssim).toBeLessThanOrEqual(1);
  await model.release();
});

it("another normalisation is another function", async () => {
  const image = new Float32Array(SIZE * SIZE).fill(0.7);
  const [a, b] = [await openTiny(), await openTiny((std) => std.map((s) => 4 * s))];
  const [[x], [y]] = [await a.model.embed([image]), await b.model.embed([image])];
  expect(x).not.toEqual(y);
  expect(a.model.sha256).not.toBe(b.model.sha256);
});

it("attacks by questions what it can't differentiate, and says so to the rest", async () => {
  const opaque = withDeterminant(tinyEncoder());
  const named = {
    name: "opaque.onnx",
    graph: new Blob([new Uint8Array(serializeModel(opaque))]),
    weights: {},
  };
  const { manifest, proposal } = await own.propose(named, probe);
  expect(proposal.obstacles).not.toEqual([]);
  const source = await own.open(manifest, named, probe);
  const opened = await openModel(source, sessions);
  const square: AttackItem = {
    id: "square-1",
    type: "attack",
    attack: "square",
    enabled: true,
    seed: 1,
    norm: "linf",
    epsilon: 8,
    queries: 40,
    restarts: 1,
    goal: { kind: "featureAway" },
  };
  const asked = await runOn(opened, [square]);
  const trace = asked.disturbed!.items[0]!.trace!;
  expect(trace).toMatchObject({ access: "query", queries: 41, gradientPasses: 0 });
  expect(trace.bestLoss.at(-1)).toBeCloseTo(1 - asked.metrics!.featureCosine, 6);
  expect(asked.certificate!.n).toBe(24);
  await expect(runOn(opened)).rejects.toMatchObject({
    code: "graph-unsupported-op",
    hint: expect.stringContaining("Square") as unknown,
  });
  await opened.release();
});

/** The tiny encoder with its first weight in a file beside it. */
function withExternalWeight(location: string): Uint8Array<ArrayBuffer> {
  const model = parseModel(tinyEncoderFile());
  const tensor = graphOf(model).initializer[0]!;
  tensor.dataLocation = 1;
  tensor.externalData = [
    create(StringStringEntryProtoSchema, { key: "location", value: location }),
  ];
  clearField(tensor, TensorProtoSchema.field.rawData);
  return new Uint8Array(toBinary(ModelProtoSchema, model));
}

it("refuses what the runtime cannot hold before it reads a byte of it", async () => {
  // A blob that says it is large; reading it would fail the test.
  const weights = Object.assign(new Blob([]), { arrayBuffer: () => Promise.reject(new Error()) });
  Object.defineProperty(weights, "size", { value: 2.5 * 2 ** 30 });
  const large = {
    name: "tiny.onnx",
    graph: new Blob([withExternalWeight("tiny.onnx.data")]),
    weights: { "tiny.onnx.data": weights },
  };
  await expect(own.propose(large, probe)).rejects.toMatchObject({
    code: "graph-too-large",
    message: "The model has 2.5 GB; the runtime takes graphs and weights up to 2 GB.",
  });
});

it("reads no file of the folder that the graph does not name", async () => {
  const unread = Object.assign(new Blob([]), { arrayBuffer: () => Promise.reject(new Error()) });
  Object.defineProperty(unread, "size", { value: 30 * 2 ** 30 });
  const folder = { ...files, weights: { "pytorch_model.bin": unread } };
  expect((await own.propose(folder, probe)).proposal.embedding).toBe("pooled");
});

it.each([
  ["beside the graph", "tiny.onnx.data", "tiny.onnx.data"],
  ["in a folder", "weights/tiny.data", "weights/tiny.data"],
  ["that came without their folder", "weights/tiny.data", "tiny.data"],
])("finds weights %s", async (_name, location, key) => {
  const graph = withExternalWeight(location);
  const [tensor] = graphOf(parseModel(tinyEncoderFile())).initializer;
  const weight = new Blob([new Uint8Array(tensor!.rawData)]);
  const split = { name: "tiny.onnx", graph: new Blob([graph]), weights: { [key]: weight } };
  expect((await own.propose(split, probe)).proposal.embedding).toBe("pooled");
});

it("refuses a manifest about another file", async () => {
  const { manifest } = await own.propose(files, probe);
  const other = { ...manifest, files: [{ ...manifest.files[0]!, sha256: "0".repeat(64) }] };
  await expect(own.open(other, files, probe)).rejects.toMatchObject({
    code: "file-mismatch",
  });
});
