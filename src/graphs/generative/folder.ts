/**
 * What a folder in the layout of browser exports holds: config.json beside the graphs, which may lie in "onnx" below it,
 * each in one or more precisions (vision_encoder_q4.onnx).
 */
import { LabError } from "../../errors/labError.ts";

/** Parts of a model as exporters name their graphs. */
const PARTS = {
  vision: ["vision_encoder"],
  encoder: ["encoder_model"],
  embed: ["embed_tokens"],
  decoder: ["decoder_model_merged", "decoder_model", "decoder"],
  textDecoder: ["text_decoder_model_merged", "text_decoder_model", "text_decoder"],
  joint: ["model"],
  text: ["text_model", "text_encoder"],
  image: ["vision_model"],
} as const;
export type Part = keyof typeof PARTS;

const PRECISIONS = ["q4f16", "q4", "fp16", "int8", "uint8", "quantized", "bnb4", "eager", "fused"];

/**
 * "llava": vision encoder, words and decoder in three graphs, as LLaVA and its kin are. "seq2seq": an encoder of text before the decoder.
 * "dual": a picture and captions in one space. "captioner": an image encoder, and a decoder that reads it by cross-attention and writes.
 */
export type Family = "llava" | "seq2seq" | "dual" | "captioner";

interface FamilyEntry {
  readonly family: Family | undefined;
  readonly label: string;
  /** Why it is not opened, for families that the lab knows by name only. */
  readonly missing?: string;
}

const TILES = "it cuts pictures into tiles, and the lab does not prepare tiles yet";

const FAMILIES: Readonly<Record<string, FamilyEntry>> = {
  llava: { family: "llava", label: "LLaVA" },
  gemma3: { family: "llava", label: "Gemma 3 (MedGemma)" },
  paligemma: { family: "llava", label: "PaliGemma" },
  idefics3: { family: "llava", label: "Idefics3" },
  smolvlm: { family: "llava", label: "SmolVLM" },
  qwen2_vl: { family: "llava", label: "Qwen2-VL" },
  qwen2_5_vl: { family: "llava", label: "Qwen2.5-VL" },
  clip: { family: "dual", label: "CLIP" },
  siglip: { family: "dual", label: "SigLIP" },
  llava_next: { family: undefined, label: "LLaVA-NeXT", missing: TILES },
  llava_onevision: { family: undefined, label: "LLaVA-OneVision", missing: TILES },
  llava_qwen2: {
    family: undefined,
    label: "nanoLLaVA",
    missing: "its prompt has no chat template with a place for the picture",
  },
  florence2: { family: "seq2seq", label: "Florence-2" },
  blip: { family: "captioner", label: "BLIP" },
  "vision-encoder-decoder": { family: "captioner", label: "VisionEncoderDecoder" },
};

/** The graphs that each family is opened from; the one that answers last. */
export const PARTS_OF: Readonly<Record<Family, readonly Part[]>> = {
  llava: ["vision", "embed", "decoder"],
  seq2seq: ["vision", "embed", "encoder", "decoder"],
  dual: ["joint"],
  captioner: ["vision", "decoder"],
};

/** Names that a family's exporters give a part beside its own. */
const ALIASES: Readonly<Partial<Record<Family, Readonly<Partial<Record<Part, readonly Part[]>>>>>> =
  { captioner: { vision: ["encoder", "image"], decoder: ["textDecoder"] } };

export interface ModelFolder {
  readonly modelType: string;
  readonly label: string;
  /** Undefined where the lab does not open the model; `problem` then says why. */
  readonly family: Family | undefined;
  readonly problem: string | undefined;
  /** Paths of the graphs by part and precision; "fp32" where the name says nothing. */
  readonly graphs: Readonly<Partial<Record<Part, Readonly<Record<string, string>>>>>;
}

/** True for a config that names a family of models with a picture and a text side. */
export function isKnownFamily(config: unknown): boolean {
  return FAMILIES[modelTypeOf(config)] !== undefined;
}

/** @param names of all files, "/" between folders */
export function readModelFolder(names: readonly string[], config: unknown): ModelFolder {
  const modelType = modelTypeOf(config);
  const graphs = graphsAmong(names);
  const entry = FAMILIES[modelType];
  if (entry === undefined) {
    const problem = `config.json says model_type "${modelType}", which the lab knows no prompt and no pixels for.`;
    return { modelType, label: modelType, family: undefined, problem, graphs };
  }
  const { family, label, missing } = entry;
  if (family === undefined) {
    return {
      modelType,
      label,
      family,
      problem: `${label} is recognised and not opened: ${missing}.`,
      graphs,
    };
  }
  const has = (file: string): boolean =>
    names.some((name) => name === file || name.endsWith(`/${file}`));
  const files = ["tokenizer.json", "preprocessor_config.json"].filter(
    (file) => !has(file) && !(file.startsWith("pre") && has("processor_config.json")),
  );
  for (const part of PARTS_OF[family]) {
    const other = ALIASES[family]?.[part]?.find((each) => graphs[each] !== undefined);
    if (other !== undefined) graphs[part] ??= graphs[other]!;
  }
  const lacking = [
    ...PARTS_OF[family]
      .filter((part) => graphs[part] === undefined)
      .map(
        (part) =>
          `${PARTS[family === "captioner" && part === "vision" ? "encoder" : part][0]}.onnx`,
      ),
    ...files,
  ];
  const problem =
    lacking.length === 0
      ? undefined
      : `The folder of a ${label} model lacks ${lacking.join(", ")}.`;
  return { modelType, label, family: problem === undefined ? family : undefined, problem, graphs };
}

function modelTypeOf(config: unknown): string {
  const type =
    typeof config === "object" && config !== null
      ? (config as Record<string, unknown>)["model_type"]
      : "";
  return typeof type === "string" ? type : "";
}

/** The form that a graph's name ends with; "fp32" where it ends with none. */
export function formOf(path: string): string {
  const stem = path.replace(/^.*\//, "").replace(/\.onnx$/i, "");
  return PRECISIONS.find((each) => stem.endsWith(`_${each}`)) ?? "fp32";
}

const FULLEST_FIRST = [
  "fp32",
  "eager",
  "fused",
  "fp16",
  "int8",
  "quantized",
  "uint8",
  "q4",
  "q4f16",
  "bnb4",
];

/** Every form that the answering graph comes in, the fullest first. */
export function formsOf({ graphs }: ModelFolder): readonly string[] {
  const forms = Object.keys(graphs.decoder ?? graphs.joint ?? {});
  return forms.toSorted((a, b) => FULLEST_FIRST.indexOf(a) - FULLEST_FIRST.indexOf(b));
}

function graphsAmong(names: readonly string[]): Partial<Record<Part, Record<string, string>>> {
  const graphs: Partial<Record<Part, Record<string, string>>> = {};
  for (const name of names) {
    const stem = /([^/]+)\.onnx$/i.exec(name)?.[1];
    if (stem === undefined) continue;
    const form = formOf(name);
    const plain = stem.endsWith(`_${form}`) ? stem.slice(0, -form.length - 1) : stem;
    for (const [part, stems] of Object.entries(PARTS) as [Part, readonly string[]][]) {
      if (stems.includes(plain)) (graphs[part] ??= {})[form] ??= name;
    }
  }
  return graphs;
}

/**
 * The graph of a part in a precision, or in the fullest one there is for a part that has not this one.
 * @throws LabError "model-not-found" for a precision that no part has
 */
export function graphOfPart(folder: ModelFolder, part: Part, precision = "fp32"): string {
  const forms = folder.graphs[part] ?? {};
  const known = new Set(Object.values(folder.graphs).flatMap((each) => Object.keys(each)));
  if (!known.has(precision) && precision !== "fp32") {
    throw new LabError(
      "model-not-found",
      `The folder has no graph in the precision ${precision}.`,
      {
        hint: `It has ${[...known].join(", ")}.`,
      },
    );
  }
  const fallback = ["fp32", "fp16", "quantized", "int8", "uint8", "q4", "q4f16", "bnb4"].find(
    (each) => each in forms,
  );
  const path = forms[precision] ?? forms[fallback ?? ""];
  if (path === undefined) throw new LabError("model-not-found", `The folder has no ${part} graph.`);
  return path;
}
