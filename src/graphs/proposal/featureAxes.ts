/** Where an output of features has its channels: [1, C, h, w] or [1, h, w, C], [1, T, C] or [1, C, T]. */
import { isOp } from "../../onnx/elementTypes.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { PreparedGraph } from "../../onnx/inline.ts";
import type { NodeProto } from "../../onnx/messages.ts";
import type { ShapeTable } from "../../onnx/shapes.ts";
import { intAttribute, intsAttribute } from "../../onnx/tensorData.ts";
import { isComputed, tokenGrid } from "../../onnx/taps.ts";
import type { FeatureAxes } from "../../model/manifest.ts";

/** Operators whose second axis is channels, wherever they stand. */
const CHANNELS_SECOND = [
  "AveragePool",
  "BatchNormalization",
  "Conv",
  "ConvTranspose",
  "GlobalAveragePool",
  "GroupNormalization",
  "InstanceNormalization",
  "LRN",
  "MaxPool",
];
const FARTHEST = 60;

/** Read off the operators that made the value, else off its shape; `isGuess` where neither tells. */
export function featureAxes(
  { model, shapes }: PreparedGraph,
  name: string,
  fallback: FeatureAxes,
): { readonly axes: FeatureAxes; readonly isGuess: boolean } {
  const view = new GraphView(model);
  const shape = shapes.shapes.get(name) ?? [];
  const traced = traceChannels(view, shapes, name, shape.length);
  if (traced === 1) return { axes: "channels-first", isGuess: false };
  if (traced === shape.length - 1) return { axes: "channels-last", isGuess: false };
  const [, a = 0, b = 0, c = 0] = shape;
  if (shape.length === 4) {
    if (a === b && b !== c) return { axes: "channels-last", isGuess: false };
    if (b === c && a !== b) return { axes: "channels-first", isGuess: false };
    return { axes: fallback, isGuess: true };
  }
  const [first, last] = [tokenGrid(a), tokenGrid(b)];
  if (!first && last) return { axes: "channels-first", isGuess: false };
  return { axes: "channels-last", isGuess: first !== undefined && last !== undefined };
}

/** The axis of `name` that the last operator with a known channel axis put its channels on. */
function traceChannels(
  view: GraphView,
  shapes: ShapeTable,
  name: string,
  rank: number,
): number | undefined {
  let value = name;
  // For each axis of `value`, the axis of the output it has become.
  let axes: readonly (number | undefined)[] = Array.from({ length: rank }, (_, i) => i);
  for (let step = 0; step < FARTHEST; step++) {
    const node = view.producer(value);
    if (!node) return undefined;
    if (isOp(node, ...CHANNELS_SECOND)) return axes[1];
    if (isOp(node, "MatMul", "Gemm") || isLastAxisNorm(node, axes.length)) return axes.at(-1);
    const data = isOp(node, "Reshape", "Transpose", "Slice", "Resize", "Pad")
      ? node.input[0]!
      : sameShape(view, shapes, node, value);
    const from = shapes.shapes.get(data ?? "");
    const to = shapes.shapes.get(value);
    if (data === undefined || !from || !to) return undefined;
    const moved = movedAxes(node, axes, from, to);
    if (!moved) return undefined;
    [value, axes] = [data, moved];
  }
  return undefined;
}

/** The axes of a node's input in terms of the output's; undefined where the node mixes them. */
function movedAxes(
  node: NodeProto,
  axes: readonly (number | undefined)[],
  from: readonly number[],
  to: readonly number[],
): readonly (number | undefined)[] | undefined {
  if (isOp(node, "Transpose")) {
    const perm = intsAttribute(node, "perm") ?? from.map((_, i) => from.length - 1 - i);
    const moved: (number | undefined)[] = from.map(() => undefined);
    perm.forEach((source, i) => (moved[source] = axes[i]));
    return moved;
  }
  if (isOp(node, "Reshape")) return reshapedAxes(axes, from, to);
  return from.length === to.length ? axes : undefined;
}

/** Rows and columns joined into places, or parted again; channels stay. */
function reshapedAxes(
  axes: readonly (number | undefined)[],
  from: readonly number[],
  to: readonly number[],
): readonly (number | undefined)[] | undefined {
  if (from.join() === to.join()) return axes;
  const [batch, f1 = 0, f2 = 0, f3 = 0] = from;
  const [sameBatch, t1 = 0, t2 = 0, t3 = 0] = to;
  if (batch !== sameBatch) return undefined;
  if (from.length === 4 && to.length === 3) {
    if (t1 === f1 && t2 === f2 * f3) return [axes[0], axes[1], axes[2], axes[2]];
    if (t2 === f3 && t1 === f1 * f2) return [axes[0], axes[1], axes[1], axes[2]];
  }
  if (from.length === 3 && to.length === 4) {
    if (t1 === f1 && t2 * t3 === f2) return [axes[0], axes[1], axes[2]];
    if (t3 === f2 && t1 * t2 === f1) return [axes[0], axes[1], axes[3]];
  }
  return undefined;
}

/** The input that an elementwise operator (or a join along one axis) keeps the axes of. */
function sameShape(
  view: GraphView,
  shapes: ShapeTable,
  node: NodeProto,
  value: string,
): string | undefined {
  const shape = shapes.shapes.get(value) ?? [];
  const computed = node.input.filter((name) => isComputed(view, name));
  if (isOp(node, "Concat")) return computed[0];
  return computed.find((name) => shapes.shapes.get(name)?.join() === shape.join());
}

function isLastAxisNorm(node: NodeProto, rank: number): boolean {
  if (!isOp(node, "LayerNormalization")) return false;
  const axis = intAttribute(node, "axis", -1);
  return axis === -1 || axis === rank - 1;
}
