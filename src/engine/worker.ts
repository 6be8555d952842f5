/** The engine's worker: onnxruntime-web, models over HTTP and from the reader's files, and a pulse. */
import { serveCalls } from "../host/workers.ts";
import { findAdapter, reasonAgainstWebGpu } from "./adapter.ts";
import { chooseBackend } from "./backendChoice.ts";
import { createEngine } from "./engineService.ts";
import { fetchModelPackage } from "../graphs/modelPackage.ts";
import { openOwnModel, proposeOwnModel } from "../graphs/ownModels.ts";
import type { EngineSettings, WorkerEvent } from "./protocol.ts";
import { startRuntime } from "./sessions.ts";
import type { WebRuntime } from "./sessions.ts";
import { createMessageYield } from "./yieldToHost.ts";

const HEARTBEAT_MS = 1000;

let runtime: Promise<WebRuntime> | undefined;

const engine = createEngine({
  yieldToHost: createMessageYield(),
  now: () => performance.now(),
  openModel: async ({ id, precision, own }, settings, tell) => {
    runtime ??= openRuntime(settings, tell);
    const [source, running] = await Promise.all([
      own
        ? runtime.then((r) => openOwnModel(own.manifest, own.files, r.factory("wasm")))
        : fetchModelPackage(settings.assetsUrl, id, precision, (progress) =>
            tell({ type: "loading", ...progress }),
          ),
      runtime,
    ]);
    return chooseBackend(running, source, precision, settings, (label) =>
      tell({ type: "phase", label }),
    );
  },
  proposeModel: async (files, settings) => {
    runtime ??= openRuntime(settings, () => {});
    return proposeOwnModel(files, (await runtime).factory("wasm"));
  },
});

async function openRuntime(
  { wish, setback }: EngineSettings,
  tell: (event: WorkerEvent) => void,
): Promise<WebRuntime> {
  const adapter = await findAdapter();
  tell({ type: "webGpu", obstacle: "obstacle" in adapter ? adapter.obstacle : null });
  return startRuntime(adapter, reasonAgainstWebGpu(adapter, wish, setback) === null);
}

serveCalls(engine);
setInterval(() => engine.heartbeat(), HEARTBEAT_MS);
