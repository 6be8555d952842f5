/**
 * The contract of a perturbation: a seeded transform of the model's image with physical strengths. `definePerturbation`
 * keeps the promises every member shares (strength 0 is an exact copy, the result stays in [0, 1], parameters are
 * checked, the input is never written to), so that a member only says what it does to the pixels.
 */
import { LabError, invariant } from "../errors/labError.ts";
import { randomStream } from "../numerics/random.ts";
import type { RandomStream } from "../numerics/random.ts";
import type { ParamMeta } from "../system/param.ts";

/** Pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** "film": another kind of film or of reading it; "fault": one thing that went wrong; "overlay": something laid over it. */
export type PerturbationGroup = "film" | "fault" | "overlay";

/** `P` is the parameter object: numbers by name, plus what a member needs besides (strokes). */
export interface Perturbation<P extends object = Readonly<Record<string, number>>> {
  readonly id: string;
  readonly label: string;
  /** What it does and where the law comes from, in one sentence. */
  readonly help: string;
  readonly group: PerturbationGroup;
  /** Name of the parameter that switches the perturbation off at 0. */
  readonly strength: string;
  readonly params: Readonly<Record<string, ParamMeta>>;
  /**
   * @param image [height * width] grey, [0, 1], 1 = white = dense. Not modified.
   * @param params missing numbers take their defaults.
   * @returns a new image in [0, 1]; a bit-exact copy when the strength is 0.
   * @throws LabError "spec-invalid" for a parameter that is no number or outside its range.
   */
  apply(image: Float32Array, size: ImageSize, params: Partial<P>, seed: number): Float32Array;
}

export interface PerturbationDefinition<K extends string, Extra extends object> {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  /** "fault" unless stated. */
  readonly group?: PerturbationGroup;
  readonly strength: NoInfer<K>;
  readonly params: Readonly<Record<K, ParamMeta>>;
  /** What `Extra` holds when the caller gives none of it. */
  readonly extra: Extra;
  /** Called only with a strength other than 0. Must not write to `image`; values outside [0, 1] are clipped after it. */
  transform(
    image: Float32Array,
    size: ImageSize,
    params: Readonly<Record<K, number>> & Extra,
    random: RandomStream,
  ): Float32Array;
}

/** Makes a member out of its transform. */
export function definePerturbation<K extends string, Extra extends object>(
  definition: PerturbationDefinition<K, Extra>,
): Perturbation<Readonly<Record<K, number>> & Extra> {
  const { id, label, help, group = "fault", strength, params: metas, extra } = definition;
  return {
    id,
    label,
    help,
    group,
    strength,
    params: metas,
    apply(image, size, params, seed) {
      invariant(
        image.length === size.width * size.height,
        `${image.length} pixels for ${size.width} x ${size.height}`,
      );
      const values: Record<string, number> = {};
      for (const name of Object.keys(metas) as K[]) {
        values[name] = checkedParam(label, metas[name], (params as Record<string, unknown>)[name]);
      }
      if (values[strength] === 0) return image.slice();
      const given = Object.entries(params).filter(([, value]) => value !== undefined);
      const complete = { ...extra, ...Object.fromEntries(given), ...values } as Readonly<
        Record<K, number>
      > &
        Extra;
      const random = randomStream(seed, "perturbation", id);
      return clippedToUnit(definition.transform(image, size, complete, random));
    },
  };
}

function checkedParam(perturbation: string, meta: ParamMeta, value: unknown): number {
  if (value === undefined) return meta.default;
  // A slider's multiple of its step may miss the end of the range by rounding.
  const slack = 1e-9 * (meta.max - meta.min);
  if (typeof value !== "number" || !(value >= meta.min - slack && value <= meta.max + slack)) {
    throw new LabError(
      "spec-invalid",
      `${perturbation}: ${meta.label} is ${String(value)}, outside ${meta.min} to ${meta.max}${meta.unit && ` ${meta.unit}`}.`,
      { hint: "Choose a value inside the range." },
    );
  }
  return Math.max(meta.min, Math.min(meta.max, value));
}

function clippedToUnit(image: Float32Array): Float32Array {
  for (let i = 0; i < image.length; i++) image[i] = Math.max(0, Math.min(1, image[i]!));
  return image;
}
