/** What a drop costs: each step from a reader's file to a session is taken once. */
import { beforeEach, expect, it, vi } from "vitest";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { parseModel, readModel, serializeModel } from "../onnx/file.ts";
import { prepareGraph } from "../onnx/inline.ts";
import { placeTaps } from "../onnx/placement.ts";
import { graphOf } from "../onnx/messages.ts";
import { tinyEncoderFile } from "../testing/tinyEncoder.ts";
import { openModel } from "./openModel.ts";
import { OwnModels } from "./ownModels.ts";
import { probeRunner } from "./runners.ts";

vi.mock("../onnx/file.ts", { spy: true });
vi.mock("../onnx/inline.ts", { spy: true });
vi.mock("../onnx/placement.ts", { spy: true });

const sessions = nodeSessions(1);
const probe = probeRunner(sessions);
const file = tinyEncoderFile();
const files = (name = "tiny.onnx", bytes = file) => ({
  name,
  graph: new Blob([bytes]),
  weights: {},
});

/** Graphs written out with all of the file's weights: probes and cut parts carry fewer. */
function wholeGraphsWritten(): number {
  const all = graphOf(parseModel(file)).initializer.length;
  return vi.mocked(serializeModel).mock.calls.filter(([model]) => {
    const { initializer, output } = graphOf(model);
    const isProbe = output.some(({ name }) => name.startsWith("shape_of/"));
    return !isProbe && initializer.length >= all;
  }).length;
}

const timesRead = () => vi.mocked(readModel).mock.calls.length;

beforeEach(() => vi.clearAllMocks());

it("a drop that is opened as proposed parses, prepares, places and writes out its graph once", async () => {
  const own = new OwnModels();
  const { manifest } = await own.propose(files(), probe);
  const model = await openModel(await own.open(manifest, files(), probe), sessions);
  expect(timesRead()).toBe(1);
  expect(prepareGraph).toHaveBeenCalledTimes(1);
  expect(placeTaps).toHaveBeenCalledTimes(1);
  expect(wholeGraphsWritten()).toBe(1);
  const { attention } = await model.encode(new Float32Array(32 * 32).fill(0.5));
  expect(attention).toHaveLength(1);
  await model.release();
});

it("two backends share what was prepared, and write out a graph each", async () => {
  const own = new OwnModels();
  const { manifest } = await own.propose(files(), probe);
  const ready = await own.open(manifest, files(), probe);
  for (let k = 0; k < 2; k++) await (await openModel(ready, sessions)).release();
  expect([timesRead(), vi.mocked(prepareGraph).mock.calls.length]).toEqual([1, 1]);
  expect(wholeGraphsWritten()).toBe(2);
});

it("only what a corrected manifest changes is done again", async () => {
  const own = new OwnModels();
  const { manifest } = await own.propose(files(), probe);
  const grid = { ...manifest, tokenGrid: [2, 8] as [number, number] };
  const ready = await own.open(grid, files(), probe);
  expect(ready.vision.taps[0]).toMatchObject({ rows: 2, columns: 8 });
  expect(timesRead()).toBe(1);
  expect(prepareGraph).toHaveBeenCalledTimes(1);
  expect(placeTaps).toHaveBeenCalledTimes(2);
});

it("another file under the same name is read anew", async () => {
  const own = new OwnModels();
  const { manifest } = await own.propose(files(), probe);
  const other = Uint8Array.from(file);
  other[other.length - 1]! ^= 1;
  await expect(own.open(manifest, files("tiny.onnx", other), probe)).rejects.toMatchObject({
    code: "file-mismatch",
  });
  expect(timesRead()).toBe(2);
});
