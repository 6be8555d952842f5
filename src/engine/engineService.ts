/** The engine behind its worker's border: runs the newest request, keeps models and radiographs, tells its listener. */
import { LabError, invariant } from "../errors/labError.ts";
import { withNoisyCopies } from "../experiment/certify.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { besideSubject } from "../experiment/stages/beside.ts";
import type { Host } from "../host/host.ts";
import { NewestWins } from "../host/newestWins.ts";
import type { CancelSignal } from "../host/newestWins.ts";
import { moving } from "../host/workers.ts";
import type { Radiograph } from "../image/radiograph.ts";
import { isOwnModel } from "../model/catalog.ts";
import type { LinkPackage } from "../model/linkManifest.ts";
import type { ModelManifest, Precision } from "../model/manifest.ts";
import type { VisionLanguageModel } from "../model/visionLanguageModel.ts";
import { helperFor } from "./helper.ts";
import { Lab } from "./lab.ts";
import { SentPayloads } from "./payloads.ts";
import type {
  BackendInfo,
  EmbedRequest,
  EngineService,
  EngineSettings,
  FolderCorrection,
  FolderProposal,
  FormAgreement,
  FormRequest,
  OwnFolderFiles,
  OwnModelFiles,
  OwnModelProposal,
  RunRequest,
  WorkerEvent,
} from "./protocol.ts";

/** A reader's model as it was handed to the engine. */
export interface OwnModel {
  readonly manifest: ModelManifest;
  readonly files: OwnModelFiles | OwnFolderFiles;
}

export interface ModelRequest {
  readonly id: string;
  readonly precision: Precision;
  /** The reader's own model of that id, if it is one. */
  readonly own: OwnModel | undefined;
}

/** What the engine needs of its worker. */
export interface EngineHost extends Pick<Host, "yieldToHost"> {
  openModel(
    request: ModelRequest,
    settings: EngineSettings,
    tell: (event: WorkerEvent) => void,
  ): Promise<{ readonly model: VisionLanguageModel; readonly info: BackendInfo }>;
  openLinkPackage(
    id: string,
    settings: EngineSettings,
    tell: (event: WorkerEvent) => void,
  ): Promise<LinkPackage>;
  /** @throws LabError "model-not-found" */
  readManifest(id: string, settings: EngineSettings): Promise<ModelManifest>;
  proposeModel(files: OwnModelFiles, settings: EngineSettings): Promise<OwnModelProposal>;
  proposeFolder(
    files: OwnFolderFiles,
    correction: FolderCorrection,
    settings: EngineSettings,
  ): Promise<FolderProposal>;
  formsOf(
    request: Pick<ModelRequest, "id" | "own">,
    settings: EngineSettings,
  ): Promise<readonly string[]>;
  readForm(
    request: FormRequest,
    own: OwnModel | undefined,
    settings: EngineSettings,
  ): Promise<FormAgreement>;
  now(): number;
  /** Another engine on a core of its own, where one is free; it runs bundled models on one thread of WASM. */
  helper?(): EmbedHelper;
  /** Once the files of the first model are here, so that nothing competes with them: whether it will run on one thread of WASM. */
  willBeAlone?(): Promise<boolean>;
}

/** An engine that looks at pictures for this one. */
export type EmbedHelper = (request: EmbedRequest) => Promise<Float32Array[]>;

export interface Engine extends EngineService {
  /** Tells the listener that the worker lives, and whether it is at work. */
  heartbeat(): void;
}

export function createEngine(host: EngineHost): Engine {
  const requests = new NewestWins();
  const sent = new SentPayloads(() => host.now());
  const ownModels = new Map<string, OwnModel>();
  /** Where each opened model runs. */
  const infos = new WeakMap<VisionLanguageModel, BackendInfo>();
  let announced: BackendInfo | undefined;
  let started: EngineSettings | undefined;
  let listener: ((event: WorkerEvent) => unknown) | undefined;
  /** When the page has heard the last event. */
  let heard: unknown;
  /** What goes on when the engine is held no longer; undefined while nothing holds it. */
  let waiting: (() => void)[] | undefined;

  const settings = (): EngineSettings => {
    invariant(started, "the engine was not started");
    return started;
  };
  const tell = (event: WorkerEvent) => {
    heard = listener?.(event);
  };
  const elsewhere = helperFor(host, () => ({ settings: settings(), announced }));
  const lab = new Lab({
    yieldToHost: async () => {
      await host.yieldToHost();
      if (waiting) await new Promise<void>((resolve) => waiting?.push(resolve));
    },
    elsewhere,
    readManifest: async (id) => ownModels.get(id)?.manifest ?? host.readManifest(id, settings()),
    openLinkPackage: (id) => host.openLinkPackage(id, settings(), tell),
    openModel: async (id, precision) => {
      const own = ownModels.get(id);
      if (!own && isOwnModel(id)) {
        throw new LabError(
          "not-open",
          `This experiment runs on a reader's own model that is not open here (${id}).`,
          { hint: "Open the same ONNX file; it never travels with a link." },
        );
      }
      const request = { id, precision, own };
      const { model, info } = await host.openModel(request, settings(), tell);
      infos.set(model, info);
      return model;
    },
  });

  /** The model of a request, announced whenever it is another than the one before. */
  const announcedModel = async (id: string, precision: Precision): Promise<void> => {
    const info = infos.get(await lab.model(id, precision));
    if (!info || info === announced) return;
    announced = info;
    tell({ type: "ready", info });
  };

  /** The model whose guarantee stands beside the reader's own is opened by the helper while this engine opens the reader's. */
  const openBeside = ({ certificate: { enabled, beside } }: ExperimentSpec): void => {
    if (!enabled || !beside) return;
    elsewhere.soon(besideSubject(beside)).catch(() => {});
    lab.manifest(beside.model).catch(() => {});
  };

  const run = async (
    { requestId, spec, fidelity, look }: RunRequest,
    signal: CancelSignal,
  ): Promise<{ readonly elapsedMs: number } | null> => {
    const begun = host.now();
    if (fidelity === "full" && look === undefined) openBeside(spec);
    await announcedModel(spec.model.id, spec.model.precision);
    if (signal.aborted) return null;
    for await (const event of lab.run(spec, fidelity, signal, look && { look, isWatched: false })) {
      if (signal.aborted) return null;
      tell(sent.outgoing(requestId, event));
    }
    const elapsedMs = host.now() - begun;
    // Events take another port than the answer to this call: without waiting, "done" could overtake the last result.
    await heard;
    return { elapsedMs };
  };

  return {
    start: async (wanted, told) => {
      started = wanted;
      listener = told;
      const { id, precision } = defaultSpec().model;
      await announcedModel(id, precision);
    },
    run: async (request) => {
      // Before anything else may be sent: the run before this one is stopped in the same breath.
      const ended = requests.submit((signal) => run(request, signal));
      sent.begin(request.held);
      return (await ended) ?? null;
    },
    cancel: () => requests.cancel(),
    hold: (isHeld) => {
      const stopped = waiting ?? [];
      waiting = isHeld ? stopped : undefined;
      if (!isHeld) for (const goOn of stopped) goOn();
    },
    embed: async ({ assetsUrl, subject, images, copies }) => {
      started ??= { assetsUrl, wish: "wasm", isHelper: true };
      const features = await lab.embed(subject, withNoisyCopies(images, copies));
      return moving(
        features,
        features.map(({ buffer }) => buffer as ArrayBuffer),
      );
    },
    addRadiograph: (radiograph: Radiograph) => lab.addRadiograph(radiograph),
    forgetRadiograph: (sha256: string) => lab.forgetRadiograph(sha256),
    proposeModel: (files) => host.proposeModel(files, settings()),
    proposeFolder: (files, correction) => host.proposeFolder(files, correction, settings()),
    formsOf: (id) => host.formsOf({ id, own: ownModels.get(id) }, settings()),
    readForm: (request) => host.readForm(request, ownModels.get(request.model), settings()),
    addModel: (manifest, files) => void ownModels.set(manifest.id, { manifest, files }),
    heartbeat: () => tell({ type: "heartbeat", busy: requests.busy }),
  };
}
