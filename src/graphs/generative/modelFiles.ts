/** The files of a model folder, read: what the graphs and the JSON beside them say. */
import { LabError } from "../../errors/labError.ts";
import { canonicalJson } from "../../host/canonicalJson.ts";
import { sha256Hex } from "../../host/sha256.ts";
import { loadPromptTokenizer } from "../../language/promptTokenizer.ts";
import type { PromptTokenizer } from "../../language/promptTokenizer.ts";
import type { ModelProto } from "../../onnx/messages.ts";
import { parsePreprocessing } from "../proposal/preprocessing.ts";
import type { Preprocessing } from "../proposal/preprocessing.ts";
import { readJson } from "../sources/byteSource.ts";
import type { ByteSource } from "../sources/byteSource.ts";
import { readGraphFile } from "../sources/graphFile.ts";
import type { GraphFile } from "../sources/graphFile.ts";
import { GENERATIVE } from "./families.ts";
import type { FamilyRules } from "./families.ts";
import { graphOfPart, readModelFolder } from "./folder.ts";
import type { ModelFolder, Part } from "./folder.ts";
import { pixelFormOf } from "./pixelForm.ts";
import type { PixelForm } from "./pixelForm.ts";

type Json = Readonly<Record<string, unknown>>;

export interface FolderFiles {
  readonly folder: ModelFolder;
  /** What its configuration calls it, or the folder it came in; undefined where neither says. */
  readonly name: string | undefined;
  readonly config: Json;
  readonly tokenizer: PromptTokenizer;
  readonly tokenizerConfig: Json;
  /** generation_config.json; empty where the folder has none. */
  readonly generation: Json;
  /** Text of the chat template; undefined where the folder has none. */
  readonly template: string | undefined;
  readonly preprocessing: Preprocessing;
  /** What the family's processor and decoder want otherwise. */
  readonly rules: FamilyRules;
  readonly pixels: PixelForm;
  /** Side of the picture. */
  readonly size: number;
  /** Of tokenizer.json, and of all that is read beside the graphs. */
  readonly hashes: { readonly tokenizer: string; readonly words: string };
  /** Of config.json: paths in a manifest begin there, wherever the folder lies. */
  readonly base: string;
  /** Path of a part's graph. */
  pathOf(part: Part): string;
  file(part: Part): Promise<GraphFile>;
  graph(part: Part): Promise<ModelProto>;
}

/** Which of a folder's graphs are meant. */
export interface GraphChoice {
  /** Ending of their names; the fullest there is where absent. */
  readonly form?: string | undefined;
  /** Paths, for parts whose graph the names do not tell rightly. */
  readonly graphs?: Readonly<Partial<Record<Part, string>>> | undefined;
  /** Side of the pictures, for a model that takes any. */
  readonly side?: number | undefined;
}

/**
 * @param names of all files of the folder
 * @throws LabError "model-unsupported" for a family that the lab does not open, "model-damaged" for files it cannot read
 */
export async function readFolderFiles(
  names: readonly string[],
  source: ByteSource,
  { form, graphs = {}, side }: GraphChoice = {},
): Promise<FolderFiles> {
  const pathOf = (file: string): string | undefined =>
    names
      .filter((name) => name === file || name.endsWith(`/${file}`))
      .toSorted((a, b) => a.length - b.length)[0];
  const json = async (file: string): Promise<Json | undefined> => {
    const path = pathOf(file);
    const value = path === undefined ? undefined : await readJson(source, path);
    return typeof value === "object" && value !== null ? (value as Json) : undefined;
  };
  if (pathOf("config.json") === undefined) {
    throw new LabError(
      "model-unsupported",
      "There is no config.json among the files, so that nothing says which model this is.",
      { hint: "Give the whole folder as it is published, with its graphs in onnx." },
    );
  }
  const config = (await json("config.json")) ?? {};
  const folder = readModelFolder(names, config);
  if (folder.problem !== undefined) throw new LabError("model-unsupported", folder.problem);
  const tokenizerConfig = (await json("tokenizer_config.json")) ?? {};
  const [processor, processorFile] = await processorOf(json);
  const preprocessing = parsePreprocessing(processor, processorFile) ?? {
    file: processorFile,
    resize: "area-centre-crop",
    notices: [],
  };
  // A model of captions takes its picture whole, as LLaVA does.
  const rules = GENERATIVE[folder.modelType] ?? GENERATIVE["llava"]!;
  const pixels = pixelFormOf(rules.pixels, processor, preprocessing.size, side);
  const words = await json("tokenizer.json");
  const generation = (await json("generation_config.json")) ?? {};
  const template = await templateOf(source, pathOf, tokenizerConfig);
  const configPath = pathOf("config.json")!;
  const base = configPath.slice(0, -"config.json".length);
  const graphPath = (part: Part): string => {
    const named = graphs[part];
    if (named === undefined) return graphOfPart(folder, part, form);
    return names.includes(named) ? named : base + named;
  };
  const file = async (part: Part): Promise<GraphFile> => {
    const path = graphPath(part);
    const under = path.slice(0, path.lastIndexOf("/") + 1);
    // Weights lie beside their graph.
    const beside: ByteSource = {
      read: (name, expected) => source.read(under + name, expected),
    };
    try {
      return await readGraphFile(beside, path.slice(under.length));
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      // Of several graphs, which one.
      const { code, message, hint } = error;
      throw new LabError(code, `${path}: ${message}`, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  };
  return {
    folder,
    name: nameOf(config, configPath),
    config,
    tokenizer: loadPromptTokenizer(words, tokenizerConfig),
    tokenizerConfig,
    generation,
    template,
    preprocessing: { ...preprocessing, ...formed(pixels, preprocessing) },
    rules,
    pixels,
    size: pixels.size,
    hashes: {
      tokenizer: await hashOf(words),
      words: await hashOf([words, tokenizerConfig, config, generation, template ?? ""]),
    },
    base,
    pathOf: graphPath,
    file,
    graph: async (part) => (await file(part)).model,
  };
}

type ReadJson = (file: string) => Promise<Json | undefined>;

/** What is said about pixels: in a file of its own, or beside what is said about the text. */
async function processorOf(json: ReadJson): Promise<[processor: Json | undefined, file: string]> {
  const own = await json("preprocessor_config.json");
  const whole = own === undefined ? await json("processor_config.json") : undefined;
  const inner = whole?.["image_processor"];
  return typeof inner === "object" && inner !== null
    ? [inner as Json, "processor_config.json"]
    : [own, "preprocessor_config.json"];
}

/** What a processor does with a film, done here as it does it; what cannot be is told. */
function formed(
  pixels: PixelForm,
  { resample, notices, resize }: Preprocessing,
): Pick<Preprocessing, "resize" | "resample" | "notices"> {
  if (pixels.kind === "whole") {
    return { resize, resample, notices: resample === undefined ? notices : [] };
  }
  const { size } = pixels;
  const filter = resample?.filter ?? (pixels.kind === "tiles" ? "lanczos" : "bicubic");
  if (pixels.kind === "tiles" && pixels.across === 0) {
    return { resize: "area-stretch", resample: { filter, longest: pixels.longest }, notices: [] };
  }
  const cut =
    pixels.kind === "tiles"
      ? `The picture of ${size} x ${size} is cut into ${pixels.across} x ${pixels.across} tiles of ${pixels.tile} x ${pixels.tile}, and the whole, made as small as one, stands behind them. `
      : "";
  return {
    resize: "area-centre-crop",
    resample: { filter },
    notices: [
      `${cut}Its own processor takes films of any shape; the lab gives it the middle square at ${size} x ${size}.`,
    ],
  };
}

function nameOf(config: Json, path: string): string | undefined {
  const stated = config["_name_or_path"];
  const name = typeof stated === "string" ? stated.split("/").at(-1) : "";
  return name || path.split("/").at(-2) || undefined;
}

function hashOf(json: unknown): Promise<string> {
  return sha256Hex(new TextEncoder().encode(canonicalJson(json)));
}

async function templateOf(
  source: ByteSource,
  pathOf: (file: string) => string | undefined,
  tokenizerConfig: Json,
): Promise<string | undefined> {
  const plain = pathOf("chat_template.jinja");
  if (plain !== undefined) return new TextDecoder().decode(await source.read(plain));
  const packed = pathOf("chat_template.json");
  const holder =
    packed === undefined ? tokenizerConfig : ((await readJson(source, packed)) as Json);
  const template = holder["chat_template"];
  return typeof template === "string" ? template : undefined;
}

/** A special token of tokenizer_config.json, which writes it as text or as an object with its content. */
export function specialToken(config: Json, name: string): string {
  const token = config[name];
  if (typeof token === "string") return token;
  const content = (token as Json | null | undefined)?.["content"];
  return typeof content === "string" ? content : "";
}
