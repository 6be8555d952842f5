/** A reader's folder as a manifest: what they correct, save and drop again. */
import { OWN_MODEL_PREFIX } from "../../model/catalog.ts";
import type { ModelManifest, ModelRole, Precision } from "../../model/manifest.ts";
import { ownModelId } from "../ownModelId.ts";
import type { GraphFile } from "../sources/graphFile.ts";
import { formOf } from "./folder.ts";
import type { Part } from "./folder.ts";
import type { FolderFiles, GraphChoice } from "./modelFiles.ts";
import { PICTURE } from "./pictureGraph.ts";
import type { Sides } from "./sides.ts";

/** Roles of each part's graph. */
const ROLES: Readonly<Partial<Record<Part, readonly ModelRole[]>>> = {
  vision: ["vision"],
  embed: ["embed"],
  encoder: ["encoder"],
  decoder: ["answer"],
  joint: ["vision", "answer"],
};

export async function folderManifest({
  files,
  graphs,
  sides,
  grid,
  choice,
}: {
  readonly files: FolderFiles;
  readonly graphs: Readonly<Partial<Record<Part, GraphFile>>>;
  readonly sides: Sides;
  readonly grid: [number, number];
  readonly choice: GraphChoice;
}): Promise<ModelManifest> {
  const { folder, preprocessing, size, hashes } = files;
  const { range = [0, 1], mean = [0], std = [1], resize } = preprocessing;
  const parts = Object.keys(graphs) as Part[];
  // The answering graph is most of the model.
  const precision = precisionOf(formOf(files.pathOf(parts.at(-1)!)));
  const paths = Object.fromEntries(
    parts.map((part) => [part, files.pathOf(part).slice(files.base.length)]),
  );
  const manifest: ModelManifest = {
    format: 1,
    id: `${OWN_MODEL_PREFIX}folder`,
    version: "1",
    name: files.name ?? folder.label,
    description: `A reader's own ${folder.label} model.`,
    task: "vqa",
    files: parts.flatMap((part) =>
      ROLES[part]!.map((role) => ({
        path: plainName(files.pathOf(part)),
        role,
        precision,
        bytes: graphs[part]!.bytes,
        sha256: graphs[part]!.sha256,
      })),
    ),
    defaultPrecision: precision,
    input: {
      name: "pixel_values",
      size,
      channels: 3,
      range: [range[0], range[1]],
      mean: [...mean],
      std: [...std],
      resize,
      ...(preprocessing.resample && { resample: preprocessing.resample }),
    },
    outputs: { ...PICTURE, logits: sides.answer.logits },
    tokenGrid: grid,
    answerSpaces: sides.answerSpaces,
    folder: {
      family: folder.family!,
      label: folder.label,
      form: choice.form ?? formOf(files.pathOf(parts.at(-1)!)),
      graphs: paths,
      spoken: Object.fromEntries(
        Object.entries(sides.spoken).map(([answer, said]) => [answer, [...said]]),
      ),
      tokenizerSha256: hashes.tokenizer,
    },
    labels: [],
    licence: "not stated",
    trainingData: "not stated",
    accuracy: {},
    card: "",
    madeBy: { command: "not stated", seed: 0, versions: {} },
  };
  return { ...manifest, id: await ownModelId(manifest) };
}

function plainName(path: string): string {
  return path
    .split("/")
    .at(-1)!
    .replaceAll(/[^\w.-]/g, "_");
}

/** The lab's word for the form that a graph's name ends with. */
function precisionOf(form: string): Precision {
  if (["q4", "q4f16", "bnb4"].includes(form)) return "int4";
  if (["quantized", "int8", "uint8"].includes(form)) return "int8";
  return form === "fp16" ? "fp16" : "fp32";
}
