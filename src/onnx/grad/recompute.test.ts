/** Gradients whose forward values are computed twice: the same numbers, and never more than a block of values at once. */
import { expect, it } from "vitest";
import { nativeRunner } from "../../testing/nativeRunner.ts";
import { floatInput, randomTensor, tinyGraph } from "../../testing/tinyGraphs.ts";
import { serializeModel } from "../file.ts";
import { GraphView, nodeReads } from "../graph.ts";
import type { ModelProto } from "../messages.ts";
import { readShapes } from "../shapes.ts";
import { differentiate } from "./differentiate.ts";
import { planBlocks } from "./recompute.ts";

const SIDE = 128;
const BLOCKS = 6;
const BYTES = 4 * SIDE * SIDE;

/** Blocks of attention and a gated product on a stream, as a transformer's, and the sum of squares at the end. */
const model = tinyGraph(17, (b) => {
  let stream = floatInput(b, "x", [1, SIDE, SIDE]);
  for (let k = 0; k < BLOCKS; k++) {
    const weight = (seed: number) => b.constant(randomTensor(10 * k + seed, [SIDE, SIDE], 0.05));
    const [q, v] = [1, 2].map((seed) => b.add("MatMul", [stream, weight(seed)]));
    const turned = b.add("Transpose", [stream], { attributes: { perm: { ints: [0, 2, 1] } } });
    const map = b.add("Softmax", [b.add("MatMul", [q!, turned])]);
    const gated = b.add("Mul", [b.add("Tanh", [v!]), b.add("Sigmoid", [q!])]);
    stream = b.add("Add", [stream, b.add("MatMul", [map, gated])]);
  }
  const squares = b.add("Mul", [stream, stream]);
  b.add("ReduceSum", [squares], { attributes: { keepdims: { int: 0 } }, outputs: ["loss"] });
  b.addOutput("loss", 1, []);
});
const x = randomTensor(3, [1, SIDE, SIDE]);

async function gradientGraph(recomputes: boolean): Promise<ModelProto> {
  const shapes = await readShapes(model, nativeRunner);
  return differentiate(model, { loss: "loss", wrt: ["x"], shapes, target: "wasm", recomputes })
    .model;
}

/** Largest sum of values that are alive together, where nodes run in the order that ONNX Runtime takes. */
async function mostAlive(graph: ModelProto): Promise<number> {
  const view = new GraphView(graph);
  const { shapes } = await readShapes(graph, nativeRunner);
  const place = new Map(view.nodes.map((node, i) => [node, i]));
  const order: (typeof view.nodes)[number][] = [];
  const seen = new Set<unknown>();
  const stack = view.outputs.map((name) => ({ node: view.producer(name)!, leaves: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (top.leaves) {
      order.push(top.node);
      continue;
    }
    if (seen.has(top.node)) continue;
    seen.add(top.node);
    stack.push({ ...top, leaves: true });
    const before = nodeReads(top.node).flatMap((name) => view.producer(name) ?? []);
    before.sort((a, b) => place.get(a)! - place.get(b)!);
    for (const node of before) stack.push({ node, leaves: false });
  }
  const last = new Map(order.flatMap((node, i) => nodeReads(node).map((name) => [name, i])));
  const bytes = (name: string) => 4 * (shapes.get(name) ?? []).reduce((a, b) => a * b, 1);
  let [alive, most] = [0, 0];
  order.forEach((node, i) => {
    for (const name of node.output) alive += bytes(name);
    most = Math.max(most, alive);
    for (const name of new Set([...nodeReads(node), ...node.output])) {
      if ((last.get(name) ?? i) === i && view.producer(name)) alive -= bytes(name);
    }
  });
  return most;
}

it("gives the same numbers and holds a block at a time", async () => {
  const [plain, again] = await Promise.all([gradientGraph(false), gradientGraph(true)]);
  const [known, found] = await Promise.all(
    [plain, again].map((graph) => nativeRunner(serializeModel(graph), { x })),
  );
  expect([...found!["grad_x"]!.data]).toEqual([...known!["grad_x"]!.data]);
  expect(found!["grad_x"]!.data.some((value) => value !== 0)).toBe(true);
  const [held, less] = [await mostAlive(plain), await mostAlive(again)];
  // Six blocks of six values and their stream: of the blocks, one is held, and the streams.
  expect(held).toBeGreaterThan(30 * BYTES);
  expect(less).toBeLessThan(20 * BYTES);
});

it("cuts a line where the least crosses", async () => {
  const shapes = await readShapes(model, nativeRunner);
  const { nodes } = new GraphView(model);
  const readBack = new Set(nodes.flatMap(({ output }) => output));
  const { cuts, bytes } = planBlocks({ nodes, fed: ["x"], readBack, shapes }, () => true);
  expect(cuts.length).toBeGreaterThan(2);
  for (const cut of cuts) expect(nodes[cut]!.opType).toBe("Add");
  expect(bytes).toBeLessThan((nodes.length / 2) * BYTES);
  const whole = planBlocks({ nodes, fed: ["x"], readBack, shapes }, () => false);
  expect(whole.cuts).toEqual([]);
});
