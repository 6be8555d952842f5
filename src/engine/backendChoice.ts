/** Which backend runs a model: by measurement and by the parity self-test, never by assumption. */
import { LabError } from "../errors/labError.ts";
import { reasonAgainstWebGpu } from "./adapter.ts";
import type { Adapter } from "./adapter.ts";
import { openModel } from "../graphs/openModel.ts";
import type { ReadyModel } from "../graphs/readyModel.ts";
import type { OnnxModel } from "../graphs/onnxModel.ts";
import { checkParity, embeddingsAgree, measureForward } from "../graphs/parity.ts";
import type { ParityReport } from "../graphs/parity.ts";
import type { BackendInfo, BackendName, BackendWish } from "./protocol.ts";
import type { WebRuntime } from "./sessions.ts";

export interface ChosenModel {
  readonly model: OnnxModel;
  readonly info: BackendInfo;
}

/** The runtime, and the adapter that was looked for before it was chosen. */
export interface FoundRuntime extends WebRuntime {
  readonly adapter: Adapter;
}

interface Candidate {
  readonly model: OnnxModel;
  readonly backend: BackendName;
  /** Null where the package has no stored reference. */
  readonly parity: ParityReport | null;
  readonly forwardMs: number;
}

/** What the reader asked for, and how WebGPU failed before, if it did. */
export interface BackendRequest {
  readonly wish: BackendWish;
  readonly setback?: string;
  readonly isHelper?: boolean;
}

export async function chooseBackend(
  runtime: FoundRuntime,
  ready: ReadyModel,
  { wish, setback, isHelper = false }: BackendRequest,
  onPhase: (label: string) => void,
): Promise<ChosenModel> {
  const { adapter } = runtime;
  const against = reasonAgainstWebGpu(adapter, wish, setback);
  // Where two backends compete, one pass of each is too few; where there is one, its time is for the reader to see.
  const runs = isHelper ? 0 : against === null ? 3 : 1;
  const open = (backend: BackendName) => openCandidate(runtime, ready, { backend, runs }, onPhase);
  let reason: string;
  let chosen: Candidate | undefined;
  if (against !== null) {
    reason = against;
    chosen = await open("wasm");
  } else {
    const gpu = await open("webgpu").catch((error: unknown) => describeFailure(error));
    if (typeof gpu === "string" || gpu.parity?.ok === false) {
      reason =
        typeof gpu === "string"
          ? `WebGPU failed: ${gpu}`
          : `WebGPU failed the parity self-test (cosine ${(gpu.parity?.cosine ?? NaN).toFixed(5)}).`;
      if (typeof gpu !== "string") await gpu.model.release();
      chosen = await open("wasm");
    } else if (wish === "webgpu") {
      reason = "WebGPU was asked for.";
      chosen = gpu;
    } else {
      const cpu = await open("wasm");
      // Without a stored reference the two backends check each other.
      const agrees = gpu.parity !== null || (await embeddingsAgree(gpu.model, cpu.model));
      const [winner, loser] = agrees && gpu.forwardMs <= cpu.forwardMs ? [gpu, cpu] : [cpu, gpu];
      reason = agrees
        ? `Measured here: ${winner.backend} ${winner.forwardMs.toFixed(0)} ms, ${loser.backend} ${loser.forwardMs.toFixed(0)} ms a forward pass.`
        : "WebGPU and WASM disagree on this model's features, so WASM runs it.";
      await loser.model.release();
      chosen = winner;
    }
  }
  const { model, backend, parity, forwardMs } = chosen;
  return {
    model,
    info: {
      backend,
      wish,
      adapter: "name" in adapter ? adapter.name : null,
      threads: backend === "wasm" ? runtime.threads : 1,
      crossOriginIsolated: runtime.isolated,
      modelId: model.manifest.id,
      precision: ready.precision,
      modelSha256: model.sha256,
      forwardMs,
      parity,
      reason,
    },
  };
}

async function openCandidate(
  runtime: WebRuntime,
  ready: ReadyModel,
  { backend, runs }: { readonly backend: BackendName; readonly runs: number },
  onPhase: (label: string) => void,
): Promise<Candidate> {
  onPhase(`Preparing the model for ${backend === "wasm" ? "WASM" : "WebGPU"}.`);
  const model = await openModel(ready, runtime.factory(backend));
  if (ready.parity) onPhase("Checking the backend against the stored reference.");
  const parity = ready.parity ? await checkParity(model, ready.parity) : null;
  return {
    model,
    backend,
    parity,
    forwardMs: await measureForward(model, () => performance.now(), {
      runs,
      isWarm: parity !== null,
    }),
  };
}

function describeFailure(error: unknown): string {
  return error instanceof LabError || error instanceof Error ? error.message : String(error);
}
