/** Which of the files of a model folder is the image encoder, by their names, as exporters give them. */

/** "vision": named so. "encoder": an encoder of nobody knows what. "whole": a model in one graph. "other": text and the rest. */
export type GraphRole = "vision" | "encoder" | "whole" | "other";

export interface GraphChoice {
  /** Likeliest first. */
  readonly ranked: readonly string[];
  /** Undefined where names do not settle it. */
  readonly chosen: string | undefined;
  /** Graphs of the text side and the like, which an image encoder does not need. */
  readonly others: readonly string[];
}

const ORDER: readonly GraphRole[] = ["vision", "encoder", "whole", "other"];
/** How exporters mark the form of the weights, the likeliest wish first. */
const FORMS = [
  "fp32",
  "float32",
  "fp16",
  "float16",
  "q4f16",
  "int8",
  "uint8",
  "q8",
  "quantized",
  "quant",
  "dynamic",
  "static",
  "int4",
  "q4",
  "bnb4",
];
const FORM = new RegExp(`[._-](${FORMS.join("|")})$`, "i");

const OTHER =
  /text|decoder|embed_tokens|token_embed|lm_head|language|prompt|prefill|audio|speech|projector|genai|vocab/i;
const VISION = /vision|visual|image|img|(^|[_-])vit([_-]|$)/i;

/** The last part of a path, without ".onnx" and the form of its weights. */
function stemOf(path: string): { readonly stem: string; readonly form: string | undefined } {
  let stem = path
    .split("/")
    .at(-1)!
    .replace(/\.onnx$/i, "");
  let form: string | undefined;
  for (let match = FORM.exec(stem); match; match = FORM.exec(stem)) {
    form = match[1]!.toLowerCase();
    stem = stem.slice(0, match.index);
  }
  return { stem, form };
}

export function graphRole(path: string): GraphRole {
  const { stem } = stemOf(path);
  // A vision encoder with its projector is still one; a text decoder named after the pictures it reads is none.
  if (VISION.test(stem) && !/text|decoder/i.test(stem)) return "vision";
  if (OTHER.test(stem)) return "other";
  return /encoder/i.test(stem) ? "encoder" : "whole";
}

/** @param paths of ONNX files, "/" between folders */
export function chooseGraph(paths: readonly string[]): GraphChoice {
  const graphs = paths.map((path) => ({ path, role: graphRole(path), ...stemOf(path) }));
  const rank = ({ role, form }: (typeof graphs)[number]): number =>
    100 * ORDER.indexOf(role) + (form === undefined ? 0 : 1 + FORMS.indexOf(form));
  const ranked = graphs.toSorted((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  const [first] = ranked;
  const alike = ranked.filter(({ role }) => role === first?.role);
  // Several forms of one graph are one graph; a graph named "model" is the one a folder is about.
  const isOne = new Set(alike.map(({ stem }) => stem)).size === 1;
  const isTold = first?.role !== "other" || ranked.length === 1;
  const twins = alike.filter((each) => first && rank(each) === rank(first));
  const model = alike.find(({ role, stem, form }) => role === "whole" && stem === "model" && !form);
  const chosen = isTold && isOne && twins.length === 1 ? first : isOne ? undefined : model;
  return {
    ranked: ranked.map(({ path }) => path),
    chosen: chosen?.path,
    others: graphs.filter(({ role }) => role === "other").map(({ path }) => path),
  };
}

/** Weights of other frameworks, which hold no graph. */
const FOREIGN =
  /\.(safetensors|pt|pth|ckpt|h5|keras|msgpack|gguf|ggml|tflite|pb|mlmodel|pdmodel|pdiparams)$|^(pytorch_model|model|tf_model|flax_model)[\w.-]*\.(bin|h5|msgpack)$/i;
const DESCRIBING =
  /^((pre)?processor_config|video_preprocessor_config|config|generation_config|tokenizer(_config)?|special_tokens_map|added_tokens|vocab|open_clip_config|modules|model\.safetensors\.index|pytorch_model\.bin\.index)\.json$|^merges\.txt$|\.spm$|^sentencepiece\..*|^tokenizer\.model$/i;

/** Why files that belong to a model open none, as a sentence and what to do; undefined for anything else. */
export function noGraphAmong(
  names: readonly string[],
): { readonly message: string; readonly hint: string } | undefined {
  const sorted = names.toSorted();
  const foreign = sorted.filter((name) => FOREIGN.test(name));
  const describing = sorted.filter((name) => DESCRIBING.test(name));
  const of = (list: readonly string[]) =>
    `${list.slice(0, 3).join(", ")}${list.length > 3 ? " and others" : ""}`;
  if (foreign.length > 0) {
    return {
      message: `${of(foreign)} ${foreign.length === 1 ? "holds" : "hold"} weights of another framework and no ONNX graph.`,
      hint: EXPORT,
    };
  }
  if (describing.length > 0) {
    return {
      message: `${of(describing)} ${describing.length === 1 ? "describes" : "describe"} a model and ${describing.length === 1 ? "holds" : "hold"} no graph.`,
      hint: `Drop the whole folder with its .onnx file. ${EXPORT}`,
    };
  }
  return undefined;
}

const EXPORT =
  "To make one: optimum-cli export onnx --model NAME --task feature-extraction FOLDER.";
