/** What a model folder says about the pixels before the graph: preprocessor_config.json of Hugging Face, and its kin. */
import { z } from "zod";
import type { ModelManifest } from "../../model/manifest.ts";
import type { ProposedNormalization } from "./normalization.ts";

export interface Preprocessing {
  /** File it was read from. */
  readonly file: string;
  /** Side of the square picture the graph is given. */
  readonly size?: number;
  /** What 0 and 1 become before mean and std; undefined where the file says nothing about numbers. */
  readonly range?: readonly [number, number];
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly resize: ModelManifest["input"]["resize"];
  /** The processor's own way of resizing, where that is not the mean over areas; what follows it needs no notices. */
  readonly resample?: ModelManifest["input"]["resample"];
  /** One sentence for each thing the lab does otherwise. */
  readonly notices: readonly string[];
}

const side = z.union([
  z.number(),
  z.object({
    height: z.number().optional(),
    width: z.number().optional(),
    shortest_edge: z.number().optional(),
    longest_edge: z.number().optional(),
  }),
  z.array(z.number()),
]);
const channelValues = z.union([
  z.array(z.number()).min(1),
  z.number().transform((value) => [value]),
]);

const processorSchema = z.object({
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().nullish(),
  rescale_offset: z.union([z.boolean(), z.number()]).nullish(),
  offset: z.union([z.boolean(), z.number()]).nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: channelValues.nullish(),
  image_std: channelValues.nullish(),
  do_resize: z.boolean().nullish(),
  size: side.nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: side.nullish(),
  resample: z.number().nullish(),
});
type Processor = z.infer<typeof processorSchema>;

/** `pretrained_cfg` of timm and `preprocess_cfg` of OpenCLIP: pixels in 0 to 1. */
const plainSchema = z.object({
  mean: channelValues,
  std: channelValues,
  input_size: z.array(z.number()).optional(),
  size: side.optional(),
  crop_pct: z.number().optional(),
  interpolation: z.string().optional(),
});

const RESAMPLING = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];

/** Filters that are weights over pixels; Pillow's box is the mean over areas already. */
const PILLOW = ["lanczos", "bilinear", "bicubic", "hamming"] as const;

/** Undefined for JSON that says nothing about pixels. */
export function parsePreprocessing(json: unknown, file: string): Preprocessing | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const fields = json as Record<string, unknown>;
  for (const key of ["pretrained_cfg", "preprocess_cfg"]) {
    const plain = plainSchema.safeParse(fields[key]);
    if (plain.success) return ofPlain(plain.data, file);
  }
  const holder = fields["image_processor"] ?? fields;
  const isProcessor =
    typeof holder === "object" &&
    holder !== null &&
    ["image_mean", "rescale_factor", "do_rescale", "do_normalize"].some((key) => key in holder);
  const parsed = isProcessor ? processorSchema.safeParse(holder) : undefined;
  return parsed?.success ? ofProcessor(parsed.data, file) : undefined;
}

function ofPlain(config: z.infer<typeof plainSchema>, file: string): Preprocessing {
  const size = config.input_size?.at(-1) ?? sideOf(config.size);
  const notices: string[] = [];
  if (config.crop_pct !== undefined && config.crop_pct < 1) {
    notices.push(borderNotice(1 - config.crop_pct));
  }
  if (config.interpolation !== undefined) notices.push(resamplingNotice(config.interpolation));
  return {
    file,
    ...(size === undefined ? {} : { size }),
    range: [0, 1],
    mean: config.mean,
    std: config.std,
    resize: "area-centre-crop",
    notices,
  };
}

function ofProcessor(config: Processor, file: string): Preprocessing {
  const cropped = config.do_center_crop === false ? undefined : sideOf(config.crop_size);
  const resized = config.do_resize === false ? undefined : sideOf(config.size);
  const size = cropped ?? resized;
  const notices: string[] = [];
  if (cropped !== undefined && resized !== undefined && resized > cropped) {
    notices.push(borderNotice(1 - cropped / resized));
  }
  const resampling = typeof config.resample === "number" ? RESAMPLING[config.resample] : undefined;
  // Pillow's box filter is the mean over areas.
  if (resampling !== undefined && resampling !== "box") {
    notices.push(resamplingNotice(resampling));
  }
  const own = PILLOW.find((filter) => filter === resampling);
  const isNormalized = config.do_normalize !== false && config.image_mean && config.image_std;
  return {
    file,
    ...(size === undefined ? {} : { size }),
    range: rangeOf(config),
    mean: isNormalized ? config.image_mean! : [0, 0, 0],
    std: isNormalized ? config.image_std! : [1, 1, 1],
    resize: cropped === undefined && isStretched(config) ? "area-stretch" : "area-centre-crop",
    ...(own && { resample: { filter: own, ...(resized !== size && { shortest: resized }) } }),
    notices,
  };
}

/** Pixels 0 to 255 times the factor, less 1 where the processor says "offset". */
function rangeOf(config: Processor): readonly [number, number] {
  if (config.do_rescale === false) return [0, 255];
  // 1/255 is written with all its digits; 255 times it is 1 for every purpose.
  const high = Math.round(255 * (config.rescale_factor ?? 1 / 255) * 1e6) / 1e6;
  const isShifted = [config.rescale_offset, config.offset].some((given) => given === true);
  return isShifted ? [-1, high - 1] : [0, high];
}

/** {height, width} of one size squeezes any film into the square. */
function isStretched({ size, do_resize: resizes }: Processor): boolean {
  return (
    resizes !== false &&
    typeof size === "object" &&
    size !== null &&
    !Array.isArray(size) &&
    size.height !== undefined
  );
}

function sideOf(given: z.infer<typeof side> | null | undefined): number | undefined {
  if (typeof given === "number") return given;
  if (Array.isArray(given)) return given.at(-1);
  return given?.height ?? given?.shortest_edge ?? given?.longest_edge;
}

function borderNotice(share: number): string {
  return `Its own pipeline cuts ${(100 * share).toFixed(1)} % of the picture's side away as a border; the lab keeps it.`;
}

function resamplingNotice(kind: string): string {
  return `Its own pipeline resizes with ${kind} interpolation; the lab averages areas.`;
}

/** What is put before the graph, and every choice made, in words. */
export function withPreprocessing(
  found: ProposedNormalization,
  given: Preprocessing | undefined,
  size: number,
): Pick<ModelManifest["input"], "resize" | "resample"> &
  Pick<ProposedNormalization, "range" | "mean" | "std"> & { readonly notices: readonly string[] } {
  const { range, mean, std, notice } = found;
  if (!given) return { range, mean, std, resize: "area-centre-crop", notices: [notice] };
  const notices: string[] = [];
  if (given.size !== undefined && given.size !== size) {
    notices.push(
      `${given.file} asks for pictures of ${given.size} x ${given.size}, and the graph takes ${size} x ${size}: the graph's size is used.`,
    );
  }
  const { resize } = given;
  const resample = resampleAt(given, size);
  // What is done as the processor does it needs no excuse.
  if (!resample) notices.push(...given.notices);
  const shape = { resize, ...(resample && { resample }) };
  if (found.source === "graph" || !given.mean || !given.std || !given.range) {
    const isDoubled = found.source === "graph" && given.mean?.some((value) => value !== 0);
    const warning = isDoubled ? `${given.file} normalises too, which would be done twice. ` : "";
    return { range, mean, std, ...shape, notices: [warning + notice, ...notices] };
  }
  return {
    range: given.range,
    mean: perChannel(given.mean),
    std: perChannel(given.std),
    ...shape,
    notices: [`Pixels are prepared as ${given.file} says.`, ...notices],
  };
}

/** The processor's own resampling; a border that it cuts is known for its own size alone. */
function resampleAt(given: Preprocessing, size: number): Preprocessing["resample"] {
  if (!given.resample || given.size === undefined || given.size === size) return given.resample;
  return { filter: given.resample.filter };
}

function perChannel(values: readonly number[]): readonly number[] {
  return values.length === 1 ? [values[0]!, values[0]!, values[0]!] : values;
}

/** Class names of config.json (id2label, or timm's label_names), by index; undefined where it names none. */
export function parseLabels(json: unknown): readonly string[] | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { id2label, label_names: names } = json as Record<string, unknown>;
  const list = z.array(z.string()).safeParse(names);
  if (list.success) return list.data;
  const record = z.record(z.string().regex(/^\d+$/), z.string()).safeParse(id2label);
  if (!record.success) return undefined;
  const labels = Object.entries(record.data)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label);
  // LABEL_0, LABEL_1 stand in every config that names nothing.
  return labels.every((label, i) => label === `LABEL_${i}`) ? undefined : labels;
}
