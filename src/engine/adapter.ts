/** The browser's WebGPU adapter, and whether it is worth trying. */
import type { BackendName } from "./protocol.ts";

/** Software adapters are correct and a hundred times slower than WASM: they run only when asked for. */
const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

interface GpuAdapterLike {
  readonly info?: {
    readonly vendor?: string;
    readonly architecture?: string;
    readonly description?: string;
  };
}

/** The adapter's own description, or null when the browser offers none. */
export async function adapterName(): Promise<string | null> {
  const gpu = (navigator as { gpu?: { requestAdapter(): Promise<GpuAdapterLike | null> } }).gpu;
  if (!gpu) return null;
  try {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return null;
    const { vendor = "", architecture = "", description = "" } = adapter.info ?? {};
    return description || [vendor, architecture].filter(Boolean).join(" ") || "unnamed adapter";
  } catch {
    // A browser that rejects the request has no usable adapter; WASM is the answer either way.
    return null;
  }
}

/** Why WebGPU is not tried, as a sentence for the reader; null where it is. */
export function reasonAgainstWebGpu(
  adapter: string | null,
  wish: BackendName | "auto",
): string | null {
  if (adapter === null) {
    return wish === "webgpu"
      ? "WebGPU was asked for, but this browser offers no adapter."
      : "This browser offers no WebGPU adapter.";
  }
  if (wish === "wasm") return "WASM was asked for, or WebGPU failed before.";
  return wish === "auto" && SOFTWARE_ADAPTER.test(adapter)
    ? `The WebGPU adapter (${adapter}) runs in software, which is slower than WASM.`
    : null;
}
