/** Readers' folders in an engine: proposed a manifest, then opened like any other model. Nothing leaves the tab. */
import { LabError } from "../../errors/labError.ts";
import { parseManifest } from "../../model/manifest.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import { differentiationObstacles } from "../../onnx/check.ts";
import { LARGEST_FILE } from "../../onnx/file.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { hasStandIns } from "../../onnx/straightThrough.ts";
import { weightBytes } from "../mergedLinks.ts";
import type {
  ChainPart,
  FolderCorrection,
  FolderProposal,
  OwnFolderFiles,
} from "../ownModelFiles.ts";
import type { ReadyModel } from "../readyModel.ts";
import { TAB_BYTES } from "../tabMemory.ts";
import type { NamedSource } from "../sources/zip.ts";
import { folderMemory, requireAnswerRoom, tooLarge } from "./folderMemory.ts";
import { formOf, formsOf } from "./folder.ts";
import type { Part } from "./folder.ts";
import { buildFolder, requireSameFiles } from "./ownFolder.ts";
import type { BuiltFolder } from "./ownFolder.ts";
import { readFolderFiles } from "./modelFiles.ts";
import type { FolderChoice } from "./sides.ts";

export class OwnFolders {
  /** The last one: a model may be most of the memory there is. */
  #known: BuiltFolder | undefined;

  /** @throws LabError "model-*" | "graph-*" with the sentence the reader sees */
  async propose(
    files: OwnFolderFiles,
    correction: FolderCorrection,
    runner: GraphRunner,
  ): Promise<FolderProposal> {
    this.#known = undefined;
    const source = folderBlobs(files);
    requireRoom(source.names, files, correction);
    const built = await buildFolder(source, correction as FolderChoice, runner);
    const proposal = proposalOf(built, source.names);
    requireAnswerRoom(proposal.memory);
    this.#known = built;
    return proposal;
  }

  /** @throws LabError "file-mismatch" when the manifest is about other files */
  async open(
    described: ModelManifest,
    files: OwnFolderFiles,
    runner: GraphRunner,
  ): Promise<ReadyModel> {
    const manifest = parseManifest(described);
    const known = this.#known;
    this.#known = undefined;
    return openFolder(manifest, folderBlobs(files), { runner, known });
  }

  /** Forms that the answering graph comes in, the fullest first. @throws LabError "model-*" */
  async formsOf(files: OwnFolderFiles): Promise<readonly string[]> {
    const { names, source } = folderBlobs(files);
    return formsOf((await readFolderFiles(names, source)).folder);
  }

  /** The same model, asked in the same words, of graphs in another form. @throws LabError "model-*" | "graph-*" */
  async inForm(
    { folder, input }: ModelManifest,
    files: OwnFolderFiles,
    { form, runner }: { readonly form: string; readonly runner: GraphRunner },
  ): Promise<ReadyModel> {
    const graphs = form === folder?.form ? folder.graphs : undefined;
    const choice = { form, graphs, spoken: folder?.spoken, input } as FolderChoice;
    return (await buildFolder(folderBlobs(files), choice, runner)).ready;
  }
}

/** The model that a manifest describes, out of its folder; what was built for the proposal is used where it is the same. */
export async function openFolder(
  manifest: ModelManifest,
  source: NamedSource,
  { runner, known }: { readonly runner: GraphRunner; readonly known?: BuiltFolder | undefined },
): Promise<ReadyModel> {
  const { folder, input } = manifest;
  if (!folder) {
    throw new LabError("model-incompatible", "The manifest describes no folder of several graphs.");
  }
  const choice = { ...folder, input } as FolderChoice & Pick<ModelManifest, "input">;
  const built =
    known?.manifest.id === manifest.id ? known : await buildFolder(source, choice, runner);
  requireSameFiles(manifest, built.manifest);
  const { ready } = built;
  return { ...ready, manifest: { ...ready.manifest, id: manifest.id, name: manifest.name } };
}

/** What the lab made of a folder, for its reader. */
export function proposalOf(built: BuiltFolder, names: readonly string[]): FolderProposal {
  const { files, graphs, sides, manifest, ready } = built;
  const { folder, preprocessing } = files;
  const forms = new Set(Object.values(folder.graphs).flatMap((each) => Object.keys(each)));
  const { picture, answer } = sides;
  const models = { picture: picture.model, answer: answer.model.stored };
  const obstacles = {
    picture: differentiationObstacles(new GraphView(models.picture)),
    answer: differentiationObstacles(new GraphView(models.answer), ["tokens"]),
  };
  const layers = { picture: ready.vision.taps.length, answer: answer.crossTaps.length };
  const chain = (Object.keys(graphs) as Part[]).map((part): ChainPart => {
    const side = part === "vision" ? "picture" : "answer";
    const { bytes: own, model } = graphs[part]!;
    // Weights may lie in a file beside it.
    const bytes = Math.max(own, weightBytes(model));
    const path = files.pathOf(part);
    const { label, makes } = partWords(part, files.size, picture.image);
    return {
      part,
      label,
      path,
      form: formOf(path),
      bytes,
      makes,
      layers:
        part === "embed" ? 0 : part === "joint" ? layers.picture + layers.answer : layers[side],
      obstacles:
        part === "embed"
          ? []
          : part === "joint"
            ? [...obstacles.picture, ...obstacles.answer]
            : obstacles[side],
    };
  });
  return {
    manifest,
    chain,
    forms: [...forms],
    paths: names.filter((name) => /\.onnx$/i.test(name)),
    memory: folderMemory(built),
    asks: sides.asks,
    hasStandIns: Object.values(models).some(hasStandIns),
    notices: [...preprocessing.notices, ...sides.notices],
  };
}

function partWords(
  part: Part,
  size: number,
  [count, width]: readonly [number, number],
): Pick<ChainPart, "label" | "makes"> {
  const tokens = `${count} ${count === 1 ? "token" : "tokens"} of ${width} numbers`;
  switch (part) {
    case "vision":
      return {
        label: "Vision encoder and connector",
        makes: `a picture of ${size} x ${size} becomes ${tokens}`,
      };
    case "embed":
      return { label: "Table of words", makes: `each word becomes ${width} numbers` };
    case "encoder":
      return {
        label: "Encoder of picture and words",
        makes: `picture tokens and words become as many vectors of ${width} numbers`,
      };
    case "decoder":
      return {
        label: "Decoder",
        makes: "picture tokens and words become scores of the next word",
      };
    default:
      return {
        label: "Image and text encoder",
        makes: `a picture of ${size} x ${size} and two captions become two scores`,
      };
  }
}

/** The reader's files as a source; a file beyond what the runtime takes is not read. */
function folderBlobs({ folder }: OwnFolderFiles): NamedSource {
  return {
    names: Object.keys(folder),
    source: {
      read: async (path) => {
        const blob = folder[path] ?? folder[path.replace(/^\.\//, "")];
        if (!blob) return undefined;
        if (blob.size > LARGEST_FILE) throw tooLarge(`${path} has`, blob.size);
        return new Uint8Array(await blob.arrayBuffer());
      },
    },
  };
}

/** @throws LabError "graph-too-large" before anything is read, where the graphs asked for cannot all be held */
function requireRoom(
  names: readonly string[],
  { folder }: OwnFolderFiles,
  { form = "fp32", graphs = {} }: FolderCorrection,
): void {
  const named = Object.values(graphs);
  const chosen = names.filter((name) => {
    if (!/\.onnx(_data.*)?$/i.test(name)) return false;
    const graph = name.replace(/_data.*$/i, "");
    return named.length > 0 ? named.includes(graph) : formOf(graph) === form;
  });
  const bytes = chosen.reduce((sum, name) => sum + folder[name]!.size, 0);
  if (bytes > TAB_BYTES) throw tooLarge("The graphs chosen have", bytes);
}
