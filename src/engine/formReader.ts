/** One model in each of its forms and on each backend, read one after the other: a large one is not held twice. */
import { LabError } from "../errors/labError.ts";
import type { OwnFolders } from "../graphs/generative/ownFolders.ts";
import { fetchModelPackage, modelFolder, readManifest } from "../graphs/modelPackage.ts";
import { openModel } from "../graphs/openModel.ts";
import { readyPackage } from "../graphs/readyModel.ts";
import type { ReadyModel } from "../graphs/readyModel.ts";
import { probeRunner } from "../graphs/runners.ts";
import { httpSource } from "../graphs/sources/http.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import type { Precision } from "../model/manifest.ts";
import { OPENED_ROLES } from "../model/catalog.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import { agreementOf, readForm } from "./agreement.ts";
import type { FormAgreement, FormReading } from "./agreement.ts";
import type { FoundRuntime } from "./backendChoice.ts";
import type { ModelRequest, OwnModel } from "./engineService.ts";
import type { FormRequest } from "./protocol.ts";

/** What opens a reader's model as it is described. */
type OpenOwn = (own: OwnModel, probe: GraphRunner) => Promise<ReadyModel>;

const FULLEST_FIRST: readonly string[] = ["fp32", "fp16", "int8", "int4"];

export class FormReader {
  readonly #runtime: FoundRuntime;
  readonly #assetsUrl: string;
  readonly #folders: OwnFolders;
  readonly #openOwn: OpenOwn;
  #reference: FormReading | undefined;

  constructor(runtime: FoundRuntime, assetsUrl: string, folders: OwnFolders, openOwn: OpenOwn) {
    this.#runtime = runtime;
    this.#assetsUrl = assetsUrl;
    this.#folders = folders;
    this.#openOwn = openOwn;
  }

  async formsOf({ id, own }: Pick<ModelRequest, "id" | "own">): Promise<readonly string[]> {
    if (own) {
      const { files, manifest } = own;
      return "folder" in files ? this.#folders.formsOf(files) : [manifest.defaultPrecision];
    }
    const { files } = await readManifest(httpSource(modelFolder(this.#assetsUrl, id), () => {}));
    const forms = new Set(
      files.filter(({ role }) => OPENED_ROLES.includes(role)).map(({ precision }) => precision),
    );
    return FULLEST_FIRST.filter((form) => forms.has(form as Precision));
  }

  /** @throws LabError "graph-*" | "model-*" | "backend-lost" */
  async read(request: FormRequest, own: OwnModel | undefined): Promise<FormAgreement> {
    const { backend, question, image, isReference } = request;
    const { adapter } = this.#runtime;
    if (backend === "webgpu" && "obstacle" in adapter) {
      throw new LabError("model-unsupported", `WebGPU can’t be used here: ${adapter.obstacle}`);
    }
    const ready = await this.#ready(request, own);
    const model = await openModel(ready, this.#runtime.factory(backend));
    try {
      const reading = await readForm(model, image, recognizeQuestion(question));
      if (isReference || !this.#reference) this.#reference = reading;
      return agreementOf(this.#reference, reading);
    } finally {
      await model.release();
    }
  }

  async #ready(
    { model, form }: Pick<FormRequest, "model" | "form">,
    own: OwnModel | undefined,
  ): Promise<ReadyModel> {
    const probe = probeRunner(this.#runtime.factory("wasm"));
    if (!own) {
      const files = await fetchModelPackage(this.#assetsUrl, model, form as Precision, () => {});
      return readyPackage(files, probe);
    }
    const { manifest, files } = own;
    return "folder" in files
      ? this.#folders.inForm(manifest, files, { form, runner: probe })
      : this.#openOwn(own, probe);
  }
}
