import { expect, test } from "vitest";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { tinyEncoder } from "../testing/tinyEncoder.ts";
import { floatInput, randomTensor, tinyGraph } from "../testing/tinyGraphs.ts";
import { GraphView } from "./graph.ts";
import { readShapes } from "./shapes.ts";
import { findStateSites } from "./stateSites.ts";

test("a transformer's block shows its attention's parts by head, then the stream after it", async () => {
  const model = tinyEncoder();
  const table = await readShapes(model, nativeRunner, {
    shapes: { pixel_values: [1, 3, 32, 32] },
  });
  const sites = findStateSites(new GraphView(model), table);
  // The stream begins where patches get their places: the table of places is no branch.
  expect(sites.map(({ block, role }) => `${block} ${role}`)).toEqual([
    "stem stream",
    "attention query",
    "attention key",
    "attention value",
    "attention output",
    "attention stream",
  ]);
  expect(sites.at(-1)).toMatchObject({ name: "last_hidden_state", shape: [1, 17, 8] });
  expect(sites[4]).toMatchObject({ shape: [1, 2, 17, 4], heads: 2 });
});

test("blocks are told apart by what stands between the stream and what is added to it", async () => {
  const model = tinyGraph(17, (b) => {
    const x = floatInput(b, "x", [1, 4, 6]);
    const project = (input: string, seed: number) =>
      b.add("MatMul", [input, b.constant(randomTensor(seed, [6, 6]))]);
    const split = (input: string, seed: number, perm: readonly number[]) =>
      b.add("Transpose", [b.reshape(project(input, seed), [1, 4, 2, 3])], {
        attributes: { perm: { ints: perm } },
      });
    const start = b.add("Add", [project(x, 1), project(x, 2)], { outputs: ["start"] });
    const scores = b.add("MatMul", [split(start, 3, [0, 2, 1, 3]), split(start, 4, [0, 2, 3, 1])]);
    const map = b.add("Softmax", [scores], { attributes: { axis: { int: -1 } } });
    const mixed = b.add("MatMul", [map, split(start, 5, [0, 2, 1, 3])], { outputs: ["mixed"] });
    const joined = b.reshape(
      b.add("Transpose", [mixed], { attributes: { perm: { ints: [0, 2, 1, 3] } } }),
      [1, 4, 6],
    );
    const attended = b.add("Add", [start, project(joined, 6)], { outputs: ["attended"] });
    b.add("Add", [b.add("Relu", [project(attended, 7)]), attended], { outputs: ["y"] });
    b.addOutput("y", 1);
  });
  const table = await readShapes(model, nativeRunner, { shapes: { x: [1, 4, 6] } });
  const sites = findStateSites(new GraphView(model), table);
  expect(sites.map(({ block, role }) => `${block} ${role}`)).toEqual([
    "stem stream",
    "attention query",
    "attention key",
    "attention value",
    "attention output",
    "attention stream",
    "mlp stream",
  ]);
  expect(sites.find(({ role }) => role === "output")).toMatchObject({
    name: "mixed",
    shape: [1, 2, 4, 3],
    heads: 2,
  });
  expect(sites.find(({ role }) => role === "key")?.shape).toEqual([1, 2, 3, 4]);
  expect(sites.at(-1)?.name).toBe("y");
});
