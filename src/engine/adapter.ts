/** The browser's WebGPU adapter, and whether it is worth trying. */
import type { BackendWish } from "./protocol.ts";

/** Software adapters are correct and a hundred times slower than WASM: they run only when asked for. */
const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

interface GpuAdapterLike {
  readonly info?: {
    readonly vendor?: string;
    readonly architecture?: string;
    readonly description?: string;
  };
}

/** The adapter in its own words, or why there is none, as a sentence for the reader. */
export type Adapter = { readonly name: string } | { readonly obstacle: string };

/** What is looked at of the worker's surroundings. */
interface Surroundings {
  readonly isSecureContext?: boolean;
  readonly navigator: {
    readonly gpu?: { requestAdapter(): Promise<GpuAdapterLike | null> };
  };
}

export async function findAdapter(
  { isSecureContext, navigator }: Surroundings = globalThis as unknown as Surroundings,
): Promise<Adapter> {
  if (!navigator.gpu) {
    return {
      obstacle:
        isSecureContext === false
          ? "Browsers offer WebGPU to pages over https or from localhost only, and this page came over plain http."
          : "This browser has no WebGPU.",
    };
  }
  const none = { obstacle: "This browser offers no WebGPU adapter." };
  try {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter) return none;
    const { vendor = "", architecture = "", description = "" } = adapter.info ?? {};
    return {
      name: description || [vendor, architecture].filter(Boolean).join(" ") || "unnamed adapter",
    };
  } catch {
    // A browser that rejects the request has no usable adapter; WASM is the answer either way.
    return none;
  }
}

/**
 * Why WebGPU is not tried, as a sentence for the reader; null where it is.
 * @param setback how WebGPU failed in this visit, as a sentence; undefined where it did not
 */
export function reasonAgainstWebGpu(
  adapter: Adapter,
  wish: BackendWish,
  setback?: string,
): string | null {
  if (wish === "wasm") return "WASM was asked for.";
  if ("obstacle" in adapter) {
    return wish === "webgpu" ? `WebGPU was asked for. ${adapter.obstacle}` : adapter.obstacle;
  }
  if (setback !== undefined) return setback;
  return wish === "auto" && SOFTWARE_ADAPTER.test(adapter.name)
    ? `The WebGPU adapter (${adapter.name}) runs in software, which is slower than WASM.`
    : null;
}
