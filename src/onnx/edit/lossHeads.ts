/**
 * Loss heads: nodes appended to a graph that end in a scalar output, always to be MAXIMISED by an attack. Targeted
 * forms are negated, so that the same ascent drives towards the target. A batch is summed, not averaged: a mean would
 * rescale each image's gradient.
 *
 * What changes from question to question (token position, answer ids, target, reference) is a graph input, so that one
 * session serves many questions of the same size.
 */
import { LabError } from "../../errors/labError.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import type { ModelProto } from "../messages.ts";
import { freeNames } from "./rewire.ts";

export const LOSS_OUTPUT = "loss";

const { float32, int64 } = ELEMENT_TYPE;

export type AnswerLossKind = "cross-entropy" | "cw-margin" | "dlr";

/** A loss on the answer's logits. */
export interface AnswerLoss {
  readonly kind: AnswerLossKind;
  /** Logits [B, T, V] (read at one position) or [B, V]. */
  readonly logits: string;
  /** Whether the logits have a time axis; default true. */
  readonly sequence?: boolean;
  readonly batch: number;
  /** Number of answers K that compete (>= 2; DLR >= 3, targeted DLR >= 4). */
  readonly answers: number;
  /** False (default): move away from the answer in input `target`; true: move towards it. */
  readonly targeted?: boolean;
}

/** Names of the inputs that `withAnswerLoss` adds. */
export const ANSWER_INPUTS = {
  /** int64 [1]: the position whose next token is the answer. */
  position: "position",
  /** int64 [K]: token (or class) ids of the competing answers. */
  answerIds: "answer_ids",
  /** int64 [B]: index into `answer_ids`: the true answer (untargeted) or the wanted one (targeted). */
  target: "target",
  /** int64 [B]: index of the true answer, read only by targeted DLR. */
  truth: "truth",
} as const;

/** float32 [B, K]: the competing answers' logits, an output that `withAnswerLoss` adds. */
export const ANSWER_LOGITS = "answer_logits";

/**
 * Adds inputs `position` (unless `sequence` is false), `answer_ids`, `target` and outputs `answer_logits`, `loss`.
 * With z the K answer logits and y the target (methods: Carlini & Wagner 2017; Croce & Hein 2020):
 * - cross-entropy: -log softmax(z)_y; targeted: log softmax(z)_y
 * - cw-margin: max_{k != y} z_k - z_y; targeted: its negative
 * - dlr: -(z_y - max_{k != y} z_k) / (z_(1) - z_(3)); targeted: -(z_truth - z_y) / (z_(1) - (z_(3) + z_(4)) / 2)
 * @throws LabError "spec-invalid" for too few answers.
 */
export function withAnswerLoss(model: ModelProto, loss: AnswerLoss): ModelProto {
  const { kind, batch, answers, targeted = false, sequence = true } = loss;
  const least = kind === "dlr" ? (targeted ? 4 : 3) : 2;
  if (answers < least) {
    throw new LabError(
      "spec-invalid",
      `The ${kind} loss${targeted ? " (targeted)" : ""} needs at least ${least} answers, and the question has ${answers}.`,
      { hint: "Use the margin or the cross-entropy loss." },
    );
  }
  const taken = [...Object.values(ANSWER_INPUTS), ANSWER_LOGITS, LOSS_OUTPUT];
  const { model: freed, rename } = freeNames(model, taken);
  const b = new GraphBuilder(freed);
  let rows = rename(loss.logits);
  requireValue(b, rows);
  if (sequence) {
    const position = b.addInput(ANSWER_INPUTS.position, int64, [1]);
    rows = b.add("Gather", [rows, position], { attributes: { axis: { int: 1 } } });
  }
  const ids = b.addInput(ANSWER_INPUTS.answerIds, int64, [answers]);
  const picked = b.add("Gather", [rows, ids], { attributes: { axis: { int: -1 } } });
  b.add("Reshape", [picked, b.ints([batch, answers])], { outputs: [ANSWER_LOGITS] });
  const target = b.addInput(ANSWER_INPUTS.target, int64, [batch]);
  const isTarget = oneOf(b, target, batch, answers);
  const zTarget = b.reduceSum(maskBy(b, isTarget, ANSWER_LOGITS), [1], false);

  let each: string;
  if (kind === "cross-entropy") {
    const logProbability = logSoftmax(b, ANSWER_LOGITS);
    const logTarget = b.reduceSum(maskBy(b, isTarget, logProbability), [1], false);
    each = targeted ? logTarget : b.add("Neg", [logTarget]);
  } else if (kind === "cw-margin") {
    const others = b.add("Where", [isTarget, b.float(-1e30), ANSWER_LOGITS]);
    const best = b.reduceMax(others, [1], false);
    each = targeted ? b.add("Sub", [zTarget, best]) : b.add("Sub", [best, zTarget]);
  } else {
    each = differenceOfLogitsRatio(b, { isTarget, zTarget }, [batch, answers], targeted);
  }
  return finish(b, each, ANSWER_LOGITS, [batch, answers]);
}

function differenceOfLogitsRatio(
  b: GraphBuilder,
  { isTarget, zTarget }: { readonly isTarget: string; readonly zTarget: string },
  [batch, answers]: readonly [number, number],
  targeted: boolean,
): string {
  const top = targeted ? 4 : 3;
  const [sorted = ""] = b.addMany("TopK", [ANSWER_LOGITS, b.ints([top])], {
    outputs: 2,
    attributes: { axis: { int: 1 } },
  });
  const rank = (k: number): string => {
    const column = b.add("Slice", [sorted, b.ints([k - 1]), b.ints([k]), b.ints([1])]);
    return b.reshape(column, [batch]);
  };
  if (!targeted) {
    const others = b.add("Where", [isTarget, b.float(-1e30), ANSWER_LOGITS]);
    const margin = b.add("Sub", [b.reduceMax(others, [1], false), zTarget]);
    return b.add("Div", [margin, b.add("Sub", [rank(1), rank(3)])]);
  }
  const truth = b.addInput(ANSWER_INPUTS.truth, int64, [batch]);
  const isTruth = oneOf(b, truth, batch, answers);
  const zTruth = b.reduceSum(maskBy(b, isTruth, ANSWER_LOGITS), [1], false);
  const middle = b.add("Mul", [b.add("Add", [rank(3), rank(4)]), b.float(0.5)]);
  return b.add("Div", [b.add("Sub", [zTarget, zTruth]), b.add("Sub", [rank(1), middle])]);
}

/** log softmax over axis 1, written out: LogSoftmax has no WebGPU kernel. */
function logSoftmax(b: GraphBuilder, z: string): string {
  const shifted = b.add("Sub", [z, b.reduceMax(z, [1], true)]);
  const total = b.reduceSum(b.add("Exp", [shifted]), [1], true);
  return b.add("Sub", [shifted, b.add("Log", [total])]);
}

/** bool [batch, count]: row b is true at the index in `which`[b]. */
function oneOf(b: GraphBuilder, which: string, batch: number, count: number): string {
  // In int32: WebGPU compares no int64.
  const index = b.add("Cast", [which], { attributes: { to: { int: ELEMENT_TYPE.int32 } } });
  const all = {
    dtype: "int32",
    data: Int32Array.from({ length: count }, (_, i) => i),
    shape: [count],
  } as const;
  return b.add("Equal", [b.reshape(index, [batch, 1]), b.constant(all)]);
}

const maskBy = (b: GraphBuilder, condition: string, x: string): string =>
  b.add("Where", [condition, x, b.float(0)]);

export type FeatureLossKind = "cosine" | "squared-l2";

export interface FeatureLoss {
  readonly kind: FeatureLossKind;
  /** The feature: [B, E], or any shape whose trailing axes are one vector per image. */
  readonly feature: string;
  /** Shape of the feature, batch first. */
  readonly shape: readonly number[];
  /** False (default): away from input `reference`; true: towards it. */
  readonly targeted?: boolean;
}

/** float32, the feature's shape: the point that `withFeatureLoss` measures from. */
export const REFERENCE_INPUT = "reference";

/**
 * Adds input `reference` and output `loss`: the sum over the batch of 1 - cos(feature, reference), or of the squared
 * l2 distance. Both have zero gradient where feature and reference coincide: start from a random point.
 */
export function withFeatureLoss(model: ModelProto, loss: FeatureLoss): ModelProto {
  const { model: freed, rename } = freeNames(model, [REFERENCE_INPUT, LOSS_OUTPUT]);
  const b = new GraphBuilder(freed);
  const feature = rename(loss.feature);
  requireValue(b, feature);
  const reference = b.addInput(REFERENCE_INPUT, float32, loss.shape);
  const batch = loss.shape[0] ?? 1;
  const flat = (x: string): string => (loss.shape.length === 2 ? x : b.reshape(x, [batch, -1]));
  const [x, r] = [flat(feature), flat(reference)];
  const dot = (p: string, q: string): string => b.reduceSum(b.add("Mul", [p, q]), [1], false);
  let each: string;
  if (loss.kind === "cosine") {
    const norms = b.add("Sqrt", [b.add("Mul", [dot(x, x), dot(r, r)])]);
    const cosine = b.add("Div", [dot(x, r), norms]);
    each =
      loss.targeted === true
        ? b.add("Sub", [cosine, b.float(1)])
        : b.add("Sub", [b.float(1), cosine]);
  } else {
    const difference = b.add("Sub", [x, r]);
    const distance = dot(difference, difference);
    each = loss.targeted === true ? b.add("Neg", [distance]) : distance;
  }
  return finish(b, each);
}

/** Names of the inputs that `withTextLoss` adds. */
export const TEXT_INPUTS = {
  /** int64 [T]: the token that is to follow each position. */
  ids: "text_ids",
  /** float32 [T]: 1 where that token belongs to the text, 0 elsewhere. */
  counted: "text_counted",
} as const;

export interface TextLoss {
  /** Logits [1, T, V]. */
  readonly logits: string;
  /** T and V. */
  readonly positions: number;
  readonly vocabulary: number;
  /** False (default): away from the text; true: towards it. */
  readonly targeted?: boolean;
}

/**
 * Adds inputs `text_ids`, `text_counted` and output `loss`: the log-likelihood of a text under teacher forcing, the sum
 * over its tokens of log softmax over the whole vocabulary, in nats; negated where the text is moved away from.
 */
export function withTextLoss(model: ModelProto, loss: TextLoss): ModelProto {
  const { positions, vocabulary, targeted = false } = loss;
  const { model: freed, rename } = freeNames(model, [...Object.values(TEXT_INPUTS), LOSS_OUTPUT]);
  const b = new GraphBuilder(freed);
  const logits = rename(loss.logits);
  requireValue(b, logits);
  const ids = b.addInput(TEXT_INPUTS.ids, int64, [positions]);
  const counted = b.addInput(TEXT_INPUTS.counted, float32, [positions]);
  const rows = b.reshape(logits, [positions, vocabulary]);
  const isText = oneOf(b, ids, positions, vocabulary);
  const each = b.reduceSum(maskBy(b, isText, logSoftmax(b, rows)), [1], false);
  const said = b.add("Mul", [each, counted]);
  return finish(b, targeted ? said : b.add("Neg", [said]));
}

export type AttentionLossKind = "mass" | "scores";

/** One attention map: [windows, heads, queries, keys], or [heads, queries, keys] of one picture. */
export interface AttentionTapOf {
  /** Output of the Softmax (see taps.ts). */
  readonly tap: string;
  readonly shape: readonly number[];
  /** Shapes of the two weights, which broadcast against the map and are the same for all heads. */
  readonly weights: readonly number[];
}

export interface AttentionLoss {
  readonly kind: AttentionLossKind;
  readonly taps: readonly AttentionTapOf[];
  /** False (default): drive attention out of the mask; true: into it. */
  readonly targeted?: boolean;
}

/** float32 inputs of the k-th map: "mass" reads what counts as inside and what counts at all, "scores" one signed weight. */
export const ATTENTION_INPUTS = {
  inside: (k: number): string => `attention_inside_${k}`,
  counted: (k: number): string => `attention_counted_${k}`,
  contrast: (k: number): string => `attention_contrast_${k}`,
} as const;

/**
 * Adds the inputs above and output `loss`, the mean over maps and their heads of
 * - mass: sum(map * inside) / sum(map * counted), a share in [0, 1];
 * - scores: sum(scores * contrast), of what the Softmax reads (a map that has saturated has no gradient, its scores do).
 * Negated where attention is driven out.
 */
export function withAttentionLoss(model: ModelProto, loss: AttentionLoss): ModelProto {
  const { kind, taps, targeted = false } = loss;
  const { inside, counted, contrast } = ATTENTION_INPUTS;
  const names = taps.flatMap((_, k) => [inside(k), counted(k), contrast(k)]);
  const { model: freed, rename } = freeNames(model, [...names, LOSS_OUTPUT]);
  const b = new GraphBuilder(freed);
  const each = taps.map(({ tap: given, shape, weights }, k): string => {
    const tap = rename(given);
    requireValue(b, tap);
    const heads = shape.at(-3) ?? 1;
    const axes = shape.length === 4 ? [0, 2, 3] : [1, 2];
    const weighed = (value: string, name: string): string =>
      b.reduceSum(b.add("Mul", [value, b.addInput(name, float32, weights)]), axes, false);
    const perHead =
      kind === "mass"
        ? b.add("Div", [weighed(tap, inside(k)), weighed(tap, counted(k))])
        : weighed(scoresOf(b, tap), contrast(k));
    return sumAll(b, b.add("Mul", [perHead, b.float(1 / (heads * taps.length))]));
  });
  const mean = each.reduce((x, y) => b.add("Add", [x, y]));
  return finish(b, targeted ? mean : b.add("Neg", [mean]));
}

/** What a Softmax reads. */
function scoresOf(b: GraphBuilder, softmax: string): string {
  const node = b.nodes.find(({ opType, output }) => opType === "Softmax" && output[0] === softmax);
  if (node) return node.input[0]!;
  throw new LabError("graph-invalid", `"${softmax}" is not made by a Softmax.`);
}

/** Name of the cotangent input for an output. */
export function cotangentName(output: string): string {
  return `cotangent_${output}`;
}

/**
 * Adds an input `cotangent_<name>` for each named value and output `loss` = sum over all of value * cotangent. The
 * gradient of this loss is the vector-Jacobian product of those values for any cotangent fed.
 */
export function withCotangentLoss(
  model: ModelProto,
  values: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    /** ONNX element type, float32 when absent; other types are widened or narrowed to float32 first. */
    readonly type?: number;
  }[],
): ModelProto {
  if (values.length === 0) throw new LabError("spec-invalid", "No output was named for the VJP.");
  const taken = [LOSS_OUTPUT, ...values.map(({ name }) => cotangentName(name))];
  const { model: freed, rename } = freeNames(model, taken);
  const b = new GraphBuilder(freed);
  const sums = values.map(({ name: given, shape, type = float32 }) => {
    const name = rename(given);
    requireValue(b, name);
    const cotangent = b.addInput(cotangentName(given), float32, shape);
    const value =
      type === float32 ? name : b.add("Cast", [name], { attributes: { to: { int: float32 } } });
    return sumAll(b, b.add("Mul", [value, cotangent]));
  });
  return finish(
    b,
    sums.reduce((x, y) => b.add("Add", [x, y])),
  );
}

function requireValue(b: GraphBuilder, name: string): void {
  if (!b.isTaken(name)) {
    throw new LabError("graph-invalid", `The graph has no value named "${name}".`);
  }
}

function sumAll(b: GraphBuilder, x: string): string {
  // Without axes ReduceSum adds everything.
  return b.add("ReduceSum", [x], { attributes: { keepdims: { int: 0 } } });
}

/** Sums `each` into output `loss`; lists another output beside it where one is given. */
function finish(
  b: GraphBuilder,
  each: string,
  extra: string | undefined = undefined,
  extraShape: readonly number[] = [],
): ModelProto {
  b.add("Identity", [sumAll(b, each)], { outputs: [LOSS_OUTPUT] });
  if (extra !== undefined) b.addOutput(extra, float32, extraShape);
  b.addOutput(LOSS_OUTPUT, float32, []);
  return b.build();
}
