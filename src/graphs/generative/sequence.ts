/**
 * A prompt with its picture as one sequence, and what a decoder is told of each place beside its embedding: its position, and
 * whether it is the picture's.
 */
import { LabError } from "../../errors/labError.ts";
import { declaredDims, elementTypeOf } from "../../onnx/messages.ts";
import type { ValueInfoProto } from "../../onnx/messages.ts";
import { tensorTypeOf } from "../../onnx/tensorData.ts";
import { int64Tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FamilyRules, Sees } from "./families.ts";

/** Numbers of tokens: text before the picture, the picture's own, text between its runs, text after it. */
export interface SequenceShape {
  readonly before: number;
  /** The picture's tokens come in runs of one length, one more than there are texts between them. */
  readonly image: number;
  readonly between: readonly number[];
  readonly after: number;
}

export interface SequencePart {
  readonly of: "before" | "image" | "between" | "after";
  readonly from: number;
  readonly to: number;
}

/** Slices of the four, in their order in the sequence; empty ones left out. */
export function partsOf({ before, image, between, after }: SequenceShape): readonly SequencePart[] {
  const run = image / (between.length + 1);
  if (!Number.isInteger(run)) {
    throw new LabError(
      "model-incompatible",
      `The vision graph makes ${image} tokens of a picture, and the prompt has ${between.length + 1} places of one length for them.`,
    );
  }
  const parts: SequencePart[] = [{ of: "before", from: 0, to: before }];
  let word = 0;
  for (let k = 0; k <= between.length; k++) {
    parts.push({ of: "image", from: k * run, to: (k + 1) * run });
    const length = between[k] ?? 0;
    parts.push({ of: "between", from: word, to: word + length });
    word += length;
  }
  parts.push({ of: "after", from: 0, to: after });
  return parts.filter(({ from, to }) => to > from);
}

/** For each place of the sequence, whether it is the picture's. */
export function picturePlaces(shape: SequenceShape): readonly boolean[] {
  return partsOf(shape).flatMap(({ of, from, to }) =>
    Array<boolean>(to - from).fill(of === "image"),
  );
}

/** What a decoder is told of the places that it is given now. */
export interface Told {
  /** By plane; one plane where places are counted in one way. */
  readonly positions: readonly (readonly number[])[];
  readonly pictures: readonly boolean[];
  /** Places that it has read before. */
  readonly past: number;
  readonly sees: Sees;
}

/** A whole prompt; the picture's tokens stand in a square where places have height and width. */
export function toldOf({ positions, sees }: FamilyRules, shape: SequenceShape): Told {
  const pictures = picturePlaces(shape);
  return { positions: positionsOf(positions, pictures), pictures, past: 0, sees };
}

/** The place behind those read so far. @param ahead tokens written since the prompt */
export function toldNext(prompt: Told, ahead: number): Told {
  const next = 1 + Math.max(...prompt.positions.map((plane) => plane.at(-1) ?? -1)) + ahead;
  return {
    positions: prompt.positions.map(() => [next]),
    pictures: [false],
    past: prompt.pictures.length + ahead,
    sees: prompt.sees,
  };
}

function positionsOf(
  { first, planes }: FamilyRules["positions"],
  pictures: readonly boolean[],
): readonly (readonly number[])[] {
  if (planes === 1) return [pictures.map((_, i) => first + i)];
  const count = pictures.filter(Boolean).length;
  const columns = Math.round(Math.sqrt(count));
  const found: number[][] = [[], [], []];
  let next = first;
  let token = 0;
  for (const isPicture of pictures) {
    const at = isPicture
      ? [next, next + Math.floor(token / columns), next + (token % columns)]
      : [next, next, next];
    at.forEach((place, plane) => found[plane]!.push(place));
    if (isPicture) token++;
    // Behind the picture, text goes on from the largest of its places.
    if (!isPicture) next++;
    else if (token === count) next += Math.max(columns, Math.ceil(count / columns));
  }
  return found;
}

/**
 * What an input of a decoder other than its embeddings holds; earlier steps' keys and values are none.
 * @throws LabError "model-unsupported" for an input that the lab does not know how to feed
 */
export function toldInput(info: ValueInfoProto, told: Told): Tensor {
  const { name } = info;
  const dims = declaredDims(info) ?? [];
  const length = told.pictures.length;
  const total = told.past + length;
  if (name === "attention_mask" && dims.length === 2) {
    return int64Tensor(Array<number>(total).fill(1), [1, total]);
  }
  if (name === "attention_mask" && dims.length === 4) return wholeMask(info, told);
  if (name === "position_ids" && dims.length === 2) {
    return int64Tensor(told.positions[0]!, [1, length]);
  }
  if (name === "position_ids" && dims.length === 3) {
    const planes = typeof dims[0] === "number" ? dims[0] : told.positions.length;
    const all = Array.from({ length: planes }, (_, k) => told.positions[k] ?? told.positions[0]!);
    return int64Tensor(all.flat(), [planes, 1, length]);
  }
  if (name === "token_type_ids" && dims.length === 2) {
    const marks = told.pictures.map((it) => (it && told.sees === "picture" ? 1 : 0));
    return int64Tensor(marks, [1, length]);
  }
  if (name === "use_cache_branch") {
    return { dtype: "bool", shape: [1], data: Uint8Array.of(told.past > 0 ? 1 : 0) };
  }
  if (name === "num_logits_to_keep") return int64Tensor([1], []);
  if (isPast(name)) return emptyPast(info);
  throw new LabError(
    "model-unsupported",
    `The decoder graph has the input ${name} [${dims.join(", ")}], which the lab does not know how to feed.`,
  );
}

/** A mask [1, 1, length, total] as the graph's element type writes it: 0 and a large negative number, or true and false. */
function wholeMask(info: ValueInfoProto, { pictures, past, sees }: Told): Tensor {
  const total = past + pictures.length;
  const shape = [1, 1, pictures.length, total];
  const isSeen = pictures.flatMap((isPicture, query) =>
    Array.from(
      { length: total },
      (_, key) =>
        key <= past + query ||
        (past === 0 && (sees === "prefix" || (sees === "picture" && isPicture && pictures[key]!))),
    ),
  );
  const dtype = tensorTypeOf(elementTypeOf(info));
  if (dtype === "bool") {
    return { dtype, shape, data: Uint8Array.from(isSeen, (it) => (it ? 1 : 0)) };
  }
  if (dtype === "float32") {
    return { dtype, shape, data: Float32Array.from(isSeen, (it) => (it ? 0 : -3e38)) };
  }
  // 0xfbff: the most negative number of half precision.
  if (dtype === "float16") {
    return { dtype, shape, data: Uint16Array.from(isSeen, (it) => (it ? 0 : 0xfbff)) };
  }
  throw new LabError(
    "model-unsupported",
    "The decoder's mask holds numbers of a type that no mask has.",
  );
}

export function isPast(name: string): boolean {
  return /^past_key_values\.\d+\.(?:(?:decoder|encoder)\.)?(key|value)$/.test(name);
}

function emptyPast(info: ValueInfoProto): Tensor {
  const [, heads, , width] = declaredDims(info) ?? [];
  const dtype = tensorTypeOf(elementTypeOf(info));
  if (typeof heads !== "number" || typeof width !== "number") {
    throw new LabError("model-unsupported", `${info.name} does not say how many heads it has.`);
  }
  const shape = [1, heads, 0, width];
  if (dtype === "float16") return { dtype, shape, data: new Uint16Array(0) };
  if (dtype === "float32") return { dtype, shape, data: new Float32Array(0) };
  throw new LabError("model-unsupported", `${info.name} holds no floating-point numbers.`);
}
