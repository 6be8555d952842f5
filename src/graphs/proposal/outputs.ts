/** What each output of an image encoder is: one vector, class scores, tokens or a map of features. */
import { isFloatType, isOp } from "../../onnx/elementTypes.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { PreparedGraph } from "../../onnx/inline.ts";
import type { NodeProto } from "../../onnx/messages.ts";
import { isComputed } from "../../onnx/taps.ts";
import type { FeatureAxes } from "../../model/manifest.ts";
import { featureAxes } from "./featureAxes.ts";

export interface ProposedOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly meaning: "tokens" | "feature map" | "embedding" | "class scores" | "other";
  /** Of tokens and feature maps. */
  readonly axes?: FeatureAxes;
  /** Nothing in the graph tells the axes. */
  readonly isGuess?: boolean;
}

/** Sizes of the label sets that most classifiers have. */
const COMMON_CLASSES: ReadonlySet<number> = new Set([
  80, 91, 100, 101, 102, 120, 200, 365, 397, 400, 600, 700, 1000, 1001, 10450, 11221, 11821, 21841,
  21843,
]);
/** Heads with more outputs than this and no other sign are taken for projections. */
const FEW_CLASSES = 65;
const SCORES = /logit|prob|score|class|pred|softmax|sigmoid|label/i;
const FEATURES = /embed|feature|pool|hidden|proj|latent|repr/i;

/**
 * @param batch the graph's own number of pictures; the outputs are those of the first
 * @param labels names of classes that came with the model
 */
export function proposeOutputs(
  prepared: PreparedGraph,
  options: {
    readonly batch: number;
    readonly layout: "NCHW" | "NHWC";
    readonly labels: readonly string[];
  },
): ProposedOutput[] {
  const view = new GraphView(prepared.model);
  const { shapes, types } = prepared.shapes;
  return view.outputs.map((name) => {
    const shape = shapes.get(name) ?? [];
    const isPicture = isFloatType(types.get(name) ?? 0) && shape[0] === options.batch;
    if (!isPicture || shape.length < 2 || shape.length > 4)
      return { name, shape, meaning: "other" };
    if (shape.length === 2) {
      const isScores = isClassScores(view, prepared, name, options.labels.length);
      return { name, shape, meaning: isScores ? "class scores" : "embedding" };
    }
    const isMap = shape.length === 4;
    const fallback = isMap && options.layout === "NCHW" ? "channels-first" : "channels-last";
    const { axes, isGuess } = featureAxes(prepared, name, fallback);
    // [1, C, 1, 1] is one vector.
    const meaning = !isMap ? "tokens" : places({ shape, axes }) === 1 ? "embedding" : "feature map";
    return { name, shape, meaning, axes, ...(isGuess ? { isGuess } : {}) };
  });
}

/** By name, by the labels that came along, by a softmax, or as a layer with a bias from a wide vector to few numbers. */
function isClassScores(
  view: GraphView,
  { shapes }: PreparedGraph,
  name: string,
  labels: number,
): boolean {
  const width = shapes.shapes.get(name)?.at(-1) ?? 0;
  if (FEATURES.test(name)) return false;
  if (width < 2) return false;
  if (SCORES.test(name) || width === labels) return true;
  let node = producerOf(view, name);
  if (node && isOp(node, "Softmax", "Sigmoid", "LogSoftmax")) return true;
  let hasBias = false;
  if (node && isOp(node, "Add")) {
    hasBias = node.input.some((input) => !isComputed(view, input));
    node = producerOf(view, node.input.find((input) => isComputed(view, input)) ?? "");
  }
  if (!node || !isOp(node, "Gemm", "MatMul")) return false;
  hasBias ||= isOp(node, "Gemm") && (node.input[2] ?? "") !== "";
  const wide = shapes.shapes.get(node.input[0] ?? "")?.at(-1) ?? 0;
  const isHead = hasBias && wide > width && node.input.slice(1).every((i) => !isComputed(view, i));
  return isHead && (width < FEW_CLASSES || COMMON_CLASSES.has(width));
}

/** The node behind a value, past what only renames or reshapes it. */
function producerOf(view: GraphView, name: string): NodeProto | undefined {
  const node = view.producer(name);
  return node && isOp(node, "Identity", "Cast", "Squeeze", "Reshape", "Flatten")
    ? producerOf(view, node.input[0] ?? "")
    : node;
}

/** Which output stands for the picture, and which for its places. */
export function pickOutputs(outputs: readonly ProposedOutput[]): {
  readonly embedding: ProposedOutput | undefined;
  readonly tokens: ProposedOutput | undefined;
} {
  const all = (meaning: ProposedOutput["meaning"]) =>
    outputs.filter((output) => output.meaning === meaning);
  // Of the maps of a pyramid the last stage's, which has the fewest places, says most.
  const maps = all("feature map").toSorted((a, b) => places(a) - places(b));
  const tokens = all("tokens")[0] ?? maps[0];
  const vectors = all("embedding");
  const named = vectors.find(({ name }) => FEATURES.test(name));
  return { embedding: named ?? vectors[0] ?? tokens ?? all("class scores")[0], tokens };
}

/** Places on the picture that a map or tokens have. */
export function places({ shape, axes }: Pick<ProposedOutput, "shape" | "axes">): number {
  const inner = axes === "channels-first" ? shape.slice(2) : shape.slice(1, -1);
  return inner.reduce((product, dim) => product * dim, 1);
}
