/** What the adapter makes of a runtime's values, failures and turns, whatever build it is. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { atOnce, ortFailure } from "../cli/ortDoor.ts";
import { LabError } from "../errors/labError.ts";
import { ortSessions } from "./ort.ts";
import { isHeld } from "./session.ts";
import type { OrtBuild, OrtModule } from "./ort.ts";

interface Fake {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A runtime whose one graph returns `result`, and that notes what it was asked. */
function fakeOrt(result: () => Fake): { readonly ort: OrtModule; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  class Made {
    readonly type: string;
    readonly data: unknown;
    readonly dims: readonly number[];
    constructor(type: string, data: unknown, dims: readonly number[]) {
      this.type = type;
      this.data = data;
      this.dims = dims;
    }
  }
  const session = {
    inputNames: ["x"],
    outputNames: ["y", "z"],
    run: async (inputs: Readonly<Record<string, Fake>>, outputs: readonly string[]) => {
      asked.push({ inputs, outputs });
      return Object.fromEntries(outputs.map((name) => [name, result()]));
    },
    release: async () => void asked.push("release"),
  };
  const create = async (_graph: Uint8Array, options: unknown) => {
    asked.push(options);
    return session;
  };
  return { ort: { InferenceSession: { create }, Tensor: Made } as unknown as OrtModule, asked };
}

const build = (ort: OrtModule, more: Partial<OrtBuild> = {}): OrtBuild => ({
  ort,
  backend: "wasm",
  options: { executionProviders: ["wasm"] },
  inTurn: atOnce,
  failure: ortFailure,
  ...more,
});
const x = { dtype: "float32", data: Float32Array.of(1, 2), shape: [2] } as const;

it("feeds a graph's own inputs, fetches what is asked and passes options on", async () => {
  const { ort, asked } = fakeOrt(() => ({ type: "float32", data: Float32Array.of(3), dims: [1] }));
  const factory = ortSessions(build(ort));
  const session = await factory.create(new Uint8Array(1), {
    optimization: "basic",
    dimensions: { b: 1 },
  });
  const results = await session.run({ x, unread: x }, ["z"]);
  expect(results).toEqual({ z: { dtype: "float32", data: Float32Array.of(3), shape: [1] } });
  expect(Object.keys(await session.run({ x }))).toEqual(["y", "z"]);
  await session.release();
  expect(asked[0]).toEqual({
    executionProviders: ["wasm"],
    graphOptimizationLevel: "basic",
    freeDimensionOverrides: { b: 1 },
  });
  expect(asked[1]).toMatchObject({ inputs: { x: { type: "float32", dims: [2] } }, outputs: ["z"] });
  expect(asked.at(-1)).toBe("release");
  await expect(session.run({})).rejects.toThrow("no feed for input x");
});

it("lets go of a graph's bytes once the runtime has them", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { ort } = fakeOrt(() => ({ type: "float32", data: new Float32Array(1), dims: [1] }));
  const openOne = async () => {
    const bytes = new Uint8Array(1024);
    const held = new WeakRef(bytes);
    return { held, session: await ortSessions(build(ort)).create(bytes) };
  };
  const { held, session } = await openOne();
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  expect(held.deref()).toBeUndefined();
  await session.release();
});

it("keeps half precision as raw bits, whatever numbers the platform has for it", async () => {
  const bits = Uint16Array.of(0x3c00, 0x4000, 0xc200);
  // As a platform with Float16Array returns it: another view of the same bytes.
  const views = [bits, new DataView(bits.buffer)];
  for (const data of views) {
    const { ort } = fakeOrt(() => ({ type: "float16", data, dims: [3] }));
    const session = await ortSessions(build(ort)).create(new Uint8Array(1));
    expect((await session.run({ x }, ["y"]))["y"]!.data).toEqual(bits);
  }
});

it.each([
  [
    "failed to call OrtRun(). ERROR_CODE: 1, ERROR_MESSAGE: void map_async_result.status == wgpu::MapAsyncStatus::Success was false. message: Failed to execute 'mapAsync' on 'GPUBuffer': The Device was lost before mapping was resolved.",
    "the graphics device was lost.",
  ],
  [
    "failed to call OrtRun(). ERROR_CODE: 2, ERROR_MESSAGE: Got invalid dimensions for input: x",
    "Got invalid dimensions for input: x",
  ],
])("says of the browser's runtime what happened alone", async (complaint, sentence) => {
  const { ort } = fakeOrt(() => {
    throw new Error(complaint);
  });
  const session = await ortSessions(build(ort)).create(new Uint8Array(1));
  await expect(session.run({ x })).rejects.toThrow(
    new RegExp(`ONNX Runtime stopped while running: ${sentence}$`),
  );
});

it("says in one line what the runtime complains about, without places in its sources", async () => {
  const complaint =
    "[ONNXRuntimeError] : 1 : FAIL : /src/core/graph/model.cc:150 onnxruntime::Model::Model(onnx::ModelProto&&) Unsupported model IR version: 99\nstack";
  const { ort } = fakeOrt(() => {
    throw new Error(complaint);
  });
  const running = await ortSessions(build(ort)).create(new Uint8Array(1));
  await expect(running.run({ x })).rejects.toMatchObject({
    code: "backend-lost",
    message: "ONNX Runtime stopped while running: Unsupported model IR version: 99",
  });
  const failing = {
    ...ort,
    InferenceSession: { create: () => Promise.reject(new Error(complaint)) },
  };
  await expect(ortSessions(build(failing)).create(new Uint8Array(1))).rejects.toMatchObject({
    code: "graph-invalid",
  });
  const told = ortSessions(
    build(failing, {
      failure: (during, reason) => new LabError("internal", `${during}: ${reason}`),
    }),
  );
  await expect(told.create(new Uint8Array(1))).rejects.toThrow(
    "opening: Unsupported model IR version: 99",
  );
});

it("calls the runtime in turn", async () => {
  const { ort } = fakeOrt(() => ({ type: "float32", data: new Float32Array(1), dims: [1] }));
  let turns = 0;
  const session = await ortSessions(
    build(ort, {
      inTurn: (work) => {
        turns++;
        return work();
      },
    }),
  ).create(new Uint8Array(1));
  await session.run({ x });
  await session.release();
  expect(turns).toBe(3);
});

it("leaves values that a later run reads on the device, feeds them on as they are, and frees them", async () => {
  const freed: unknown[] = [];
  const dispose = () => freed.push("value");
  const made = { type: "float32", dims: [1], data: Float32Array.of(3) };
  const onDevice = { ...made, location: "gpu-buffer", dispose };
  const { ort, asked } = fakeOrt(() => onDevice);
  const session = await ortSessions(build(ort, { backend: "webgpu" })).create(new Uint8Array(1), {
    held: ["z"],
  });
  expect(asked[0]).toMatchObject({ preferredOutputLocation: { z: "gpu-buffer" } });
  const { z } = await session.runHolding({ x });
  await session.run({ x: z! });
  expect(asked.at(-1)).toMatchObject({ inputs: { x: onDevice } });
  if (isHeld(z!)) await z.release();
  expect(freed).toEqual(["value"]);
  const plain = fakeOrt(() => made);
  const onCpu = await ortSessions(build(plain.ort)).create(new Uint8Array(1), { held: ["z"] });
  expect(plain.asked[0]).not.toHaveProperty("preferredOutputLocation");
  expect(isHeld((await onCpu.runHolding({ x })).z!)).toBe(false);
});

it("works out nothing from weights alone where they are to stay as they are stored", async () => {
  const { ort, asked } = fakeOrt(() => ({ type: "float32", data: Float32Array.of(3), dims: [1] }));
  const factory = ortSessions(build(ort));
  await factory.create(new Uint8Array(1), { keepsWeights: true });
  await factory.create(new Uint8Array(1), { keepsWeights: false });
  const extra = { optimization: { disable_specified_optimizers: "ConstantFolding" } };
  expect(asked[0]).toMatchObject({ extra });
  expect(asked[1]).not.toHaveProperty("extra");
});
