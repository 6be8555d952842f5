import { expect, it } from "vitest";
import { findAdapter, reasonAgainstWebGpu } from "./adapter.ts";

const gpu = (requestAdapter: () => Promise<object | null>) => ({
  isSecureContext: true,
  navigator: { gpu: { requestAdapter } },
});

it.each([
  ["plain http", { isSecureContext: false, navigator: {} }, /https or from localhost/],
  ["an old browser", { isSecureContext: true, navigator: {} }, /has no WebGPU/],
  ["a machine without a GPU", gpu(async () => null), /no WebGPU adapter/],
  ["a browser that rejects", gpu(() => Promise.reject(new Error("no"))), /no WebGPU adapter/],
])("says why there is no adapter: %s", async (_, surroundings, obstacle) => {
  expect(await findAdapter(surroundings)).toEqual({
    obstacle: expect.stringMatching(obstacle) as string,
  });
});

it("names the adapter as well as the browser does", async () => {
  const name = async (info: object) => findAdapter(gpu(async () => ({ info })));
  expect(await name({ vendor: "google", architecture: "swiftshader" })).toEqual({
    name: "google swiftshader",
  });
  expect(await name({ description: "Apple M3" })).toEqual({ name: "Apple M3" });
  expect(await name({})).toEqual({ name: "unnamed adapter" });
});

it("tries WebGPU where it can and was not ruled out", () => {
  const card = { name: "Apple M3" };
  const software = { name: "google swiftshader" };
  const none = { obstacle: "This browser has no WebGPU." };
  const setback = "WebGPU stopped.";
  expect(reasonAgainstWebGpu(card, "auto")).toBeNull();
  expect(reasonAgainstWebGpu(card, "webgpu")).toBeNull();
  expect(reasonAgainstWebGpu(software, "webgpu")).toBeNull();
  expect(reasonAgainstWebGpu(software, "auto")).toMatch(/in software/);
  expect(reasonAgainstWebGpu(card, "wasm")).toBe("WASM was asked for.");
  expect(reasonAgainstWebGpu(none, "wasm")).toBe("WASM was asked for.");
  expect(reasonAgainstWebGpu(card, "webgpu", setback)).toBe(setback);
  expect(reasonAgainstWebGpu(none, "webgpu")).toBe(`WebGPU was asked for. ${none.obstacle}`);
});
