/** The engine's worker: loads runtime and model, runs the newest request, sends every result up as an event. */
import { LabError, toErrorData } from "../errors/labError.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { isOwnModel } from "../model/catalog.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import { chooseBackend } from "./backendChoice.ts";
import { Lab } from "./lab.ts";
import { fetchModelPackage } from "./modelPackage.ts";
import { openOwnModel, proposeOwnModel } from "./ownModels.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import type {
  BackendInfo,
  BackendName,
  EngineCommand,
  EngineEvent,
  OwnModelFiles,
} from "./protocol.ts";
import { Scheduler } from "./scheduler.ts";
import { startRuntime } from "./sessions.ts";
import type { WebRuntime } from "./sessions.ts";
import { createMessageYield } from "./yieldToHost.ts";

const HEARTBEAT_MS = 1000;

const scheduler = new Scheduler();
const yieldToHost = createMessageYield();
let settings: { assetsUrl: string; backend: BackendName | "auto" } | undefined;
let runtime: Promise<WebRuntime> | undefined;

/** Readers' models by id. */
const ownModels = new Map<
  string,
  { readonly manifest: ModelManifest; readonly files: OwnModelFiles }
>();

/** Where each opened model runs. */
const infos = new WeakMap<VisionLanguageModel, BackendInfo>();
let announced: BackendInfo | undefined;

const send = (event: EngineEvent) => self.postMessage(event);

const lab = new Lab({ yieldToHost, openModel });

async function openModel(id: string, precision: Precision) {
  if (!settings) throw new LabError("internal", "internal: the engine was not started");
  const { assetsUrl, backend } = settings;
  runtime ??= startRuntime(backend);
  const own = ownModels.get(id);
  if (!own && isOwnModel(id)) {
    throw new LabError(
      "not-open",
      `This experiment runs on a reader's own model that is not open here (${id}).`,
      { hint: "Open the same ONNX file; it never travels with a link." },
    );
  }
  const [source, running] = await Promise.all([
    own
      ? runtime.then((r) => openOwnModel(own.manifest, own.files, r.factory("wasm")))
      : fetchModelPackage(assetsUrl, id, precision, (progress) =>
          send({ type: "loading", ...progress }),
        ),
    runtime,
  ]);
  const { model, info } = await chooseBackend(running, source, precision, backend, (label) =>
    send({ type: "phase", label }),
  );
  infos.set(model, info);
  return model;
}

/** The model of a request, announced whenever it is another than the one before. */
async function announcedModel(id: string, precision: Precision): Promise<void> {
  const info = infos.get(await lab.model(id, precision));
  if (!info || info === announced) return;
  announced = info;
  send({ type: "ready", info });
}

function handle(command: EngineCommand): void {
  switch (command.type) {
    case "start": {
      settings = { assetsUrl: command.assetsUrl, backend: command.backend };
      const { id, precision } = defaultSpec().model;
      announcedModel(id, precision).catch((error: unknown) => {
        send({ type: "failed", requestId: null, error: toErrorData(error) });
      });
      return;
    }
    case "submit": {
      const { requestId, spec, fidelity } = command;
      scheduler.submit(async (signal) => {
        const started = performance.now();
        try {
          await announcedModel(spec.model.id, spec.model.precision);
          if (signal.aborted) return;
          for await (const event of lab.run(spec, fidelity, signal)) {
            if (signal.aborted) return;
            send({ type: "run", requestId, event });
          }
          if (!signal.aborted) {
            send({ type: "done", requestId, elapsedMs: performance.now() - started });
          }
        } catch (error) {
          if (!signal.aborted) send({ type: "failed", requestId, error: toErrorData(error) });
        }
      });
      return;
    }
    case "proposeModel": {
      const { draft, files } = command;
      runtime ??= startRuntime(settings?.backend ?? "auto");
      runtime
        .then((r) => proposeOwnModel(files, r.factory("wasm")))
        .then((proposed) => send({ type: "proposal", draft, proposed }))
        .catch((error: unknown) => {
          send({ type: "proposalFailed", draft, error: toErrorData(error) });
        });
      return;
    }
    case "addModel":
      ownModels.set(command.manifest.id, command);
      return;
    case "cancel":
      scheduler.cancel();
      return;
    case "addRadiograph":
      lab.addRadiograph(command.radiograph);
      return;
  }
}

self.onmessage = ({ data }: MessageEvent<EngineCommand>) => handle(data);
setInterval(() => send({ type: "heartbeat", busy: scheduler.busy }), HEARTBEAT_MS);
