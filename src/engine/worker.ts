/** The engine's worker: onnxruntime-web, models over HTTP and from the reader's files, and a pulse. */
import { LabError } from "../errors/labError.ts";
import { loadPart } from "../host/loadPart.ts";
import { linkWorker, serveCalls } from "../host/workers.ts";
import { findAdapter, reasonAgainstWebGpu } from "./adapter.ts";
import { chooseBackend } from "./backendChoice.ts";
import type { FoundRuntime } from "./backendChoice.ts";
import { createEngine } from "./engineService.ts";
import type { OwnModel } from "./engineService.ts";
import type { FormReader } from "./formReader.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { readLinkPackage } from "../graphs/linkPackage.ts";
import { fetchModelPackage, modelFolder, readManifest } from "../graphs/modelPackage.ts";
import type { OwnFolders } from "../graphs/generative/ownFolders.ts";
import type { OwnModels } from "../graphs/ownModels.ts";
import { readyPackage } from "../graphs/readyModel.ts";
import type { ReadyModel } from "../graphs/readyModel.ts";
import { probeRunner } from "../graphs/runners.ts";
import { httpSource } from "../graphs/sources/http.ts";
import type { EngineService, EngineSettings, WorkerEvent } from "./protocol.ts";
import { startRuntime } from "./sessions.ts";
import { createMessageYield } from "./yieldToHost.ts";

const HEARTBEAT_MS = 1000;

let runtime: Promise<FoundRuntime> | undefined;
/** Settled when the files of the first model are here; where they do not come, it says so itself. */
let firstFiles: Promise<unknown> | undefined;
let first: EngineSettings | undefined;
let opened: Promise<OwnModels> | undefined;
let folders: Promise<OwnFolders> | undefined;

/** What reads and feeds a reader's own graph, with all that checks it: fetched with the first. */
function ownModels(): Promise<OwnModels> {
  const opening = (opened ??= loadPart(() => import("../graphs/ownModels.ts")).then(
    (part) => new part.OwnModels(),
  ));
  opening.catch(() => {
    opened = undefined;
  });
  return opening;
}

/** The same for a folder of several graphs. */
function ownFolders(): Promise<OwnFolders> {
  const opening = (folders ??= loadPart(() => import("../graphs/generative/ownFolders.ts")).then(
    (part) => new part.OwnFolders(),
  ));
  opening.catch(() => {
    folders = undefined;
  });
  return opening;
}

async function openOwn({ manifest, files }: OwnModel, probe: GraphRunner): Promise<ReadyModel> {
  return "folder" in files
    ? (await ownFolders()).open(manifest, files, probe)
    : (await ownModels()).open(manifest, files, probe);
}

const yieldToHost = createMessageYield();

const engine = createEngine({
  yieldToHost,
  now: () => performance.now(),
  openModel: async ({ id, precision, own }, settings, tell) => {
    runtime ??= openRuntime(settings, tell);
    // The files come while the runtime compiles.
    const fetched = own
      ? undefined
      : fetchModelPackage(settings.assetsUrl, id, precision, (progress) =>
          tell({ type: "loading", ...progress }),
        );
    first ??= settings;
    firstFiles ??= Promise.resolve(fetched).catch(() => {});
    const [files, running] = await Promise.all([fetched, runtime]);
    tell({ type: "phase", label: "Preparing the model." });
    const probe = probeRunner(running.factory("wasm"));
    const ready = files ? await readyPackage(files, probe) : await openOwn(own!, probe);
    return chooseBackend(running, ready, settings, (label) => tell({ type: "phase", label }));
  },
  helper: () => {
    // The same script: nothing more to fetch, and offline it is here already.
    const worker = new Worker(self.location.href, { type: "module", name: "penumbra-helper" });
    const lost = () =>
      link.end(
        new LabError("backend-lost", "The engine's helper stopped; this one goes on alone."),
      );
    const link = linkWorker<EngineService>(worker, lost);
    return (request) => link.ask((service) => service.embed(request)) as Promise<Float32Array[]>;
  },
  willBeAlone: async () => {
    if (!runtime || !first) return false;
    const [{ adapter, threads }] = await Promise.all([runtime, firstFiles]);
    return threads === 1 && reasonAgainstWebGpu(adapter, first.wish, first.setback) !== null;
  },
  readManifest: (id, { assetsUrl }) =>
    readManifest(httpSource(modelFolder(assetsUrl, id), () => {})),
  openLinkPackage: (id, { assetsUrl }, tell) =>
    readLinkPackage(
      httpSource(modelFolder(assetsUrl, id), (progress) => tell({ type: "loading", ...progress })),
    ),
  proposeModel: async (files, settings) => {
    runtime ??= openRuntime(settings, () => {});
    return (await ownModels()).propose(files, probeRunner((await runtime).factory("wasm")));
  },
  proposeFolder: async (files, correction, settings) => {
    runtime ??= openRuntime(settings, () => {});
    const probe = probeRunner((await runtime).factory("wasm"));
    return (await ownFolders()).propose(files, correction, probe);
  },
  formsOf: async (request, settings) => (await formReader(settings)).formsOf(request),
  readForm: async (request, own, settings) => (await formReader(settings)).read(request, own),
});

let forms: Promise<FormReader> | undefined;

/** Compares forms and backends of one model: fetched with the first such question. */
function formReader(settings: EngineSettings): Promise<FormReader> {
  runtime ??= openRuntime(settings, () => {});
  const running = runtime;
  return (forms ??= loadPart(() => import("./formReader.ts")).then(
    async (part) =>
      new part.FormReader(await running, settings.assetsUrl, await ownFolders(), openOwn),
  ));
}

async function openRuntime(
  { wish, setback, threads }: EngineSettings,
  tell: (event: WorkerEvent) => void,
): Promise<FoundRuntime> {
  const searching = findAdapter();
  // Where WASM is asked for, its runtime is the same whatever the search finds.
  const use = { mostThreads: threads, yieldToHost };
  const early = wish === "wasm" ? startRuntime(false, use) : undefined;
  const adapter = await searching;
  tell({ type: "webGpu", obstacle: "obstacle" in adapter ? adapter.obstacle : null });
  const isTried = reasonAgainstWebGpu(adapter, wish, setback) === null;
  return { ...(await (early ?? startRuntime(isTried, use))), adapter };
}

serveCalls(engine);
setInterval(() => engine.heartbeat(), HEARTBEAT_MS);
