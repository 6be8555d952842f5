/**
 * The manifest of a model package: one folder with ONNX graphs, a tokenizer and a card. It is read at a door (a file
 * on disk or over HTTP), so its shape is checked here and trusted everywhere else.
 */
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { LabError } from "../errors/labError.ts";
import { PRECISIONS } from "./precisions.ts";

// In the small form of zod: this is the one schema that the first answer waits for.
z.config(en());

const precisionSchema = z.enum(PRECISIONS);

const fileSchema = z.object({
  /** Path relative to the manifest. */
  path: z.string().check(z.regex(/^[\w.-]+$/, "a plain file name")),
  /**
   * What the graph computes: image -> tokens and embedding; ids -> embedding; ids and tokens -> logits. "embed": ids -> rows of
   * the table that an "answer" graph of a reader's folder reads; "encoder": what reads picture and words before it.
   */
  role: z.enum(["vision", "text", "answer", "embed", "encoder"]),
  precision: precisionSchema,
  bytes: z.int().check(z.positive()),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

const featureAxesSchema = z.enum(["channels-first", "channels-last"]);

const answerSpaceSchema = z.object({
  answers: z.array(z.string().check(z.minLength(1))).check(z.minLength(2)),
  /** The one token that stands for each answer, in the same order. */
  tokenIds: z.array(z.int().check(z.nonnegative())).check(z.minLength(2)),
});

/** A reader's vision-language model in a folder of several graphs (src/graphs/generative). */
const folderSchema = z.object({
  family: z.enum(["llava", "seq2seq", "dual", "captioner"]),
  /** The family's name. */
  label: z.string(),
  /** Ending of the graphs' names that says their form, such as "q4"; "fp32" where there is none. */
  form: z.string(),
  /** Path of each part's graph in the folder. */
  graphs: z.record(z.string(), z.string()),
  /** By answer, what is counted as it: single tokens of a generative model, captions of a dual encoder. */
  spoken: z.record(z.string(), z.array(z.string().check(z.minLength(1))).check(z.minLength(1))),
  tokenizerSha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

const manifestSchema = z.object({
  format: z.literal(1),
  id: z.string().check(z.regex(/^[a-z0-9][a-z0-9-]*$/)),
  version: z.string(),
  name: z.string(),
  description: z.string(),
  /** "encoder": an image encoder without a text side. */
  task: z.enum(["vqa", "classifier", "encoder"], {
    error: "must be vqa, classifier or encoder, the tasks this lab runs",
  }),
  files: z.array(fileSchema).check(z.minLength(1)),
  /** The precision a reader gets when the spec names none. */
  defaultPrecision: precisionSchema,
  input: z.object({
    name: z.string(),
    size: z.int().check(z.positive()),
    channels: z.union([z.literal(1), z.literal(3)]),
    /** Order of axes of the graph's input; NCHW when not said. */
    layout: z.optional(z.enum(["NCHW", "NHWC"])),
    /** Pixel range the graph takes. */
    range: z.tuple([z.number(), z.number()]),
    /** Per-channel normalisation to apply before the graph; [0] and [1] when the graph does it itself. */
    mean: z.array(z.number()),
    std: z.array(z.number()),
    /** How a radiograph becomes size x size. */
    resize: z.enum(["area-centre-crop", "area-stretch"]),
    /** The filter of the model's own processor, in place of averaging areas; lengths of a side that it goes by on the way. */
    resample: z.optional(
      z.object({
        filter: z.enum(["box", "bilinear", "hamming", "bicubic", "lanczos"]),
        shortest: z.optional(z.int().check(z.positive())),
        longest: z.optional(z.int().check(z.positive())),
      }),
    ),
  }),
  /** Names of graph outputs and inputs by what they mean. */
  outputs: z.object({
    tokens: z.optional(z.string()),
    embedding: z.string(),
    logits: z.optional(z.string()),
    /** One number per class of `labels`, before or after a softmax. */
    classScores: z.optional(z.string()),
    /** Where tokens and feature maps have their channels, by output name; maps first, tokens last when not said. */
    axes: z.optional(z.record(z.string(), featureAxesSchema)),
  }),
  tokenGrid: z.optional(z.tuple([z.int(), z.int()])),
  tokenizer: z.optional(
    z.object({
      path: z.string(),
      sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
      specialTokens: z.object({
        pad: z.int(),
        bos: z.int(),
        eos: z.int(),
        ans: z.int(),
        report: z.int(),
      }),
    }),
  ),
  answerSpaces: z.record(z.string(), answerSpaceSchema),
  folder: z.optional(folderSchema),
  labels: z.array(z.string()),
  /** Golden image and answers that every backend must reproduce at load. */
  parity: z.optional(z.string()),
  licence: z.string(),
  trainingData: z.string(),
  accuracy: z.record(z.string(), z.unknown()),
  card: z.string(),
  madeBy: z.object({
    command: z.string(),
    seed: z.number(),
    versions: z.record(z.string(), z.string()),
  }),
});

/**
 * parity.json: the stored reference of the self-test. The golden image is a formula (parityImage), so no pixel file
 * travels: `ids` is the prompt as the tokenizer made it.
 */
const paritySchema = z.object({
  question: z.string(),
  ids: z.array(z.int()),
  answerSpace: z.string(),
  /** By precision: unit-norm embedding and the logits of the answer tokens, from ONNX Runtime native on CPU. */
  references: z.record(
    precisionSchema,
    z.optional(z.object({ embedding: z.array(z.number()), answerLogits: z.array(z.number()) })),
  ),
});

export type FeatureAxes = z.infer<typeof featureAxesSchema>;
export type Precision = z.infer<typeof precisionSchema>;
export type ModelManifest = z.infer<typeof manifestSchema>;
export type ModelFile = ModelManifest["files"][number];
export type ModelRole = ModelFile["role"];
export type ParityReference = z.infer<typeof paritySchema>;

/** Whether JSON is meant as a manifest of this lab; other tools have a manifest.json of their own. */
export function isLabManifest(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  const { format, files, input, outputs } = json as Record<string, unknown>;
  return format === 1 && Array.isArray(files) && Boolean(input) && Boolean(outputs);
}

/** @throws LabError "model-damaged" naming the first field that is wrong. */
export function parseManifest(json: unknown, file = "manifest.json"): ModelManifest {
  if (!isLabManifest(json)) {
    throw new LabError("model-damaged", `${file} is no model manifest of this lab.`, {
      hint: "Use the manifest that was saved with the model, or open the model without one.",
    });
  }
  return parse(manifestSchema, json, file);
}

/** @throws LabError "model-damaged" naming the first field that is wrong. */
export function parseParity(json: unknown): ParityReference {
  return parse(paritySchema, json, "parity.json");
}

function parse<T>(schema: z.ZodMiniType<T>, json: unknown, file: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const field = path.join(".") || "the whole file";
  throw new LabError(
    "model-damaged",
    `${file} can't be used: its field "${field}" is wrong (${message.replace(/^Invalid \w+: /, "")}).`,
    { hint: "Save the manifest again from the model dialog, or correct that field." },
  );
}

/** False for an image encoder without a text side: it is attacked, watched and certified by its features alone. */
export function canAnswer({ outputs }: Pick<ModelManifest, "outputs">): boolean {
  return outputs.logits !== undefined;
}

/** The package's file for a role at a precision. @throws LabError "model-incompatible" when there is none. */
export function modelFile(
  manifest: ModelManifest,
  role: ModelRole,
  precision: Precision,
): ModelFile {
  const file = manifest.files.find((f) => f.role === role && f.precision === precision);
  if (file) return file;
  const offered = manifest.files.filter((f) => f.role === role).map((f) => f.precision);
  throw new LabError(
    "model-incompatible",
    `Model ${manifest.id} has no ${role} graph in ${precision}; it offers ${offered.join(", ") || "none"}.`,
  );
}

/** Hashes of the graphs that look and answer, joined: what names a model in links, manifests and rows. */
export function graphsSha256(manifest: ModelManifest, precision: Precision): string {
  const answering = canAnswer(manifest) ? modelFile(manifest, "answer", precision).sha256 : "";
  return modelFile(manifest, "vision", precision).sha256 + answering;
}

/**
 * The self-test's golden image, [size * size] in [0,1]: a smooth wave plus a fine diagonal texture, so that both the
 * coarse and the fine paths of an encoder are exercised. Pixel (i, j) is row i, column j.
 */
export function parityImage(size: number): Float32Array {
  const image = new Float32Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const wave = 0.5 + 0.25 * Math.sin(i / 9) * Math.cos(j / 13);
      const texture = 0.2 * (((i * 7 + j * 3) % 16) / 16);
      image[i * size + j] = Math.min(1, Math.max(0, wave + texture));
    }
  }
  return image;
}
