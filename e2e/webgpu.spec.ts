/**
 * WebGPU for real, on Chromium's software adapter: the forward pass, the gradient and an attack of a tiny model in the
 * bundled ones' form, against WASM in the same browser; then the page itself. Without an adapter these journeys fail:
 * nothing else here would notice that WebGPU is broken.
 */
import { chromium } from "@playwright/test";
import type { Browser, Page, Worker } from "@playwright/test";
import { expect, test as base } from "./fixtures.ts";
import type { probe as Probe, ProbeNumbers, speak as Speak } from "./backendProbe.ts";
import { defaultSpec } from "../src/experiment/defaultSpec.ts";
import { encodeShareLink } from "../src/experiment/shareLink/encode.ts";
import type { ExperimentSpec } from "../src/experiment/spec.ts";
import { vlmSource } from "../src/testing/vlmFolders.ts";
import { settle } from "./steps.ts";
import { openTinySite } from "./tinySite.ts";
import type { TinySite } from "./tinySite.ts";

const test = base.extend<object, { tiny: TinySite; gpuBrowser: Browser }>({
  tiny: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const site = await openTinySite(4600);
      await use(site);
      await site.close();
    },
    { scope: "worker" },
  ],
  gpuBrowser: [
    // eslint-disable-next-line no-empty-pattern -- as above
    async ({}, use) => {
      const browser = await chromium.launch({
        executablePath: process.env["PENUMBRA_CHROMIUM"] ?? "/usr/bin/chromium",
        args: [
          "--no-sandbox",
          "--enable-unsafe-webgpu",
          "--use-webgpu-adapter=swiftshader",
          "--enable-features=Vulkan",
        ],
      });
      await use(browser);
      await browser.close();
    },
    { scope: "worker" },
  ],
});

/** What was asked of the GPU so far in a page or worker. */
interface GpuCounts {
  devices: number;
  dispatches: number;
  /** Buffers read back from the device. */
  readbacks: number;
  /** Of the buffers that live. */
  bytes: number;
}

/** Counts devices and compute dispatches where it is run: a graph that fell back to the CPU makes none. */
function countGpuWork(): void {
  const counts = { devices: 0, dispatches: 0, readbacks: 0, bytes: 0 };
  const scope = globalThis as unknown as Record<
    string,
    { prototype: Record<string, (...args: unknown[]) => unknown> }
  > & { gpuCounts: GpuCounts; loseDevice: () => void };
  scope.gpuCounts = counts;
  let newest: { destroy(): void } | undefined;
  scope.loseDevice = () => newest?.destroy();
  const watch = (type: string, method: string, note: (made: unknown, on: unknown) => void) => {
    const prototype = scope[type]?.prototype;
    const original = prototype?.[method];
    if (!prototype || !original) return;
    prototype[method] = function watched(this: unknown, ...args: unknown[]) {
      const made = original.apply(this, args);
      note(made, this);
      return made;
    };
  };
  const sizes = new WeakMap<object, number>();
  watch("GPUAdapter", "requestDevice", (made) => {
    void (made as Promise<{ destroy(): void }>).then((device) => (newest = device));
  });
  watch("GPUBuffer", "mapAsync", () => counts.readbacks++);
  watch("GPUDevice", "createBuffer", (made) => {
    const { size } = made as { size: number };
    sizes.set(made as object, size);
    counts.bytes += size;
  });
  watch("GPUBuffer", "destroy", (_, on) => {
    counts.bytes -= sizes.get(on as object) ?? 0;
    sizes.delete(on as object);
  });
  const count = (type: string, method: string, key: keyof GpuCounts) => {
    const prototype = scope[type]?.prototype;
    const original = prototype?.[method];
    if (!prototype || !original) return;
    prototype[method] = function counted(this: unknown, ...args: unknown[]) {
      counts[key]++;
      return original.apply(this, args);
    };
  };
  count("GPUAdapter", "requestDevice", "devices");
  count("GPUComputePassEncoder", "dispatchWorkgroups", "dispatches");
  count("GPUComputePassEncoder", "dispatchWorkgroupsIndirect", "dispatches");
}

function gpuCounts(where: Page | Worker): Promise<GpuCounts> {
  const read = () => ({ ...(globalThis as unknown as { gpuCounts: GpuCounts }).gpuCounts });
  return "workers" in where ? where.evaluate(read) : where.evaluate(read);
}

async function expectAdapter(page: Page): Promise<void> {
  const adapter = await page.evaluate(async () => {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
    return gpu === undefined
      ? "no navigator.gpu"
      : (await gpu.requestAdapter())
        ? ""
        : "no adapter";
  });
  expect(
    adapter,
    "This Chromium has no WebGPU adapter (SwiftShader), so WebGPU would go untested: install a Chromium that has it or name one in PENUMBRA_CHROMIUM.",
  ).toBe("");
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, k) => sum + value * y[k]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, k) => Math.abs(value - b[k]!)));
}

test("forward pass, gradient and attack on WebGPU are those of WASM", async ({
  tiny,
  gpuBrowser,
}) => {
  const page = await gpuBrowser.newPage();
  await page.addInitScript(countGpuWork);
  await page.goto(`${tiny.url}probe/`);
  await expectAdapter(page);
  const run = async (backend: "webgpu" | "wasm") => {
    const before = await gpuCounts(page);
    const numbers = await page.evaluate(
      async ([module, name, url]) => {
        const { probe } = (await import(module!)) as { probe: typeof Probe };
        return probe(name as "webgpu" | "wasm", url!);
      },
      [tiny.probe, backend, tiny.url],
    );
    const after = await gpuCounts(page);
    return { numbers, devices: after.devices, dispatches: after.dispatches - before.dispatches };
  };
  const wasm = await run("wasm");
  const gpu = await run("webgpu");
  await page.close();

  // The graphs ran on a device: a gradient alone is over a hundred kernels, and seven of them ran.
  expect(wasm.dispatches).toBe(0);
  expect(gpu.devices).toBeGreaterThan(0);
  expect(gpu.dispatches).toBeGreaterThan(700);

  const [a, b]: readonly [ProbeNumbers, ProbeNumbers] = [gpu.numbers, wasm.numbers];
  console.log(
    `WebGPU against WASM: 1 - cosine ${(1 - cosine(a.embedding, b.embedding)).toExponential(1)}, logits ${largestDifference(a.logits, b.logits).toExponential(1)}, gradient ${(largestDifference(a.gradient, b.gradient) / Math.max(...b.gradient.map(Math.abs))).toExponential(1)} of its largest entry, loss by step ${largestDifference(a.trace, b.trace).toExponential(1)}, ${gpu.dispatches} dispatches`,
  );
  expect(1 - cosine(a.embedding, b.embedding)).toBeLessThan(1e-6);
  expect(largestDifference(a.logits, b.logits)).toBeLessThan(1e-4);
  expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-4);
  const scale = Math.max(...b.gradient.map(Math.abs));
  expect(scale).toBeGreaterThan(1e-4);
  expect(largestDifference(a.gradient, b.gradient)).toBeLessThan(1e-4 * scale);
  // Five steps follow signs, and a sign may turn where the gradient is rounding: the losses stay together.
  expect(a.trace.at(-1)).toBeGreaterThan(a.trace[0]!);
  expect(largestDifference(a.trace, b.trace)).toBeLessThan(1e-2);
});

test("a LLaVA writes on WebGPU what it writes on WASM, its keys and values never leave the device, and a lost device costs one answer", async ({
  tiny,
  gpuBrowser,
}) => {
  const page = await gpuBrowser.newPage();
  await page.addInitScript(countGpuWork);
  await page.goto(`${tiny.url}probe/`);
  await expectAdapter(page);
  const names = (await vlmSource("llava")).names;
  const speak = async (backend: "webgpu" | "wasm", loseAfter = 0) => {
    const before = await gpuCounts(page);
    const said = await page.evaluate(
      async ([module, asked]) => {
        const probe = (await import(module)) as { speak: typeof Speak };
        const { loseDevice } = globalThis as unknown as { loseDevice: () => void };
        return probe.speak(asked, loseDevice);
      },
      [tiny.probe, { url: `${tiny.url}llava/`, names, backend, loseAfter }] as const,
    );
    const after = await gpuCounts(page);
    return { ...said, bytes: after.bytes, readbacks: after.readbacks - before.readbacks };
  };
  const wasm = await speak("wasm");
  const first = await speak("webgpu");
  expect(first.ids).toEqual(wasm.ids);
  expect(largestDifference(first.logits, wasm.logits)).toBeLessThan(1e-4);
  const again = await speak("webgpu");
  expect(again.ids).toEqual(wasm.ids);
  // A token's row of the table and its logits come back, and nothing of its keys and values; the picture's tokens twice.
  expect(again.readbacks).toBeLessThan(2 * wasm.ids.length + 12);
  expect((await speak("webgpu")).bytes).toBe(again.bytes);
  // The lab goes on with WASM where a device is lost.
  await expect(speak("webgpu", 3)).rejects.toThrow(/webgpu backend stopped/);
  expect((await speak("wasm")).ids).toEqual(wasm.ids);
  await page.close();
});

/** The opening experiment with a short attack and no certificate: a software GPU is slow. */
function shortSpec(): ExperimentSpec {
  const spec = defaultSpec();
  return {
    ...spec,
    stack: spec.stack.map((item) => (item.type === "attack" ? { ...item, steps: 3 } : item)),
    certificate: { ...spec.certificate, enabled: false },
  };
}

test("the page runs a whole experiment on WebGPU and says so", async ({ tiny, gpuBrowser }) => {
  test.setTimeout(400_000);
  const page = await gpuBrowser.newPage({ viewport: { width: 1440, height: 900 } });
  const engines: Worker[] = [];
  page.on("worker", (worker) => {
    engines.push(worker);
    // A worker that ends at once has nothing to count.
    worker.evaluate(countGpuWork).catch(() => {});
  });
  const link = encodeShareLink({ spec: shortSpec(), view: {} });
  await page.goto(`${tiny.url}?backend=webgpu${link}`);
  await expect(page.getByTestId("answer-clean")).not.toHaveText("…", { timeout: 180_000 });
  await expectAdapter(page);
  await settle(page);
  const chip = page.getByTestId("backend-chip");
  await expect(chip).toContainText("WebGPU");
  await chip.click();
  const details = page.getByRole("dialog");
  await expect(details).toContainText(/WebGPU, .*swiftshader/i);
  await expect(details).toContainText("agrees: cosine 1.00000, answer same");
  await expect(details).toContainText(/agrees: \d+ central differences/, { timeout: 60_000 });
  const counts = await Promise.all(
    engines.map((worker) => gpuCounts(worker).catch(() => ({ devices: 0, dispatches: 0 }))),
  );
  expect(Math.max(...counts.map(({ devices }) => devices))).toBeGreaterThan(0);
  expect(Math.max(...counts.map(({ dispatches }) => dispatches))).toBeGreaterThan(1000);
  await page.close();
});
