/**
 * Stored weights made plain: dequantized and widened to float32 once, at load, instead of in every run. On WASM a run
 * pays for dequantization again and again (and a gradient graph twice: forward and for the transposed product); with
 * float32 weights it multiplies straight from memory. The arithmetic is the graph's own, so nothing it computes changes
 * beyond the last bit.
 */
import { sizeOf } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { isOp } from "../elementTypes.ts";
import { GraphView } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, protoOfFloats } from "../messages.ts";
import type { ModelProto, NodeProto, TensorProto } from "../messages.ts";
import { intAttribute, numbersOf, tensorFromProto, tensorTypeOf } from "../tensorData.ts";

/** float32 weights that folding may make, in elements: 256 MB. A larger model keeps its small form. */
const MOST_ELEMENTS = 2 ** 26;

/** The model with weight-only DequantizeLinear and Cast-to-float32 nodes replaced by float32 initializers. */
export function foldWeights(model: ModelProto, mostElements = MOST_ELEMENTS): ModelProto {
  const view = new GraphView(model);
  const made = new Map<NodeProto, TensorProto>();
  let elements = 0;
  for (const node of view.nodes) {
    const weight = view.initializer(node.input[0] ?? "");
    if (weight === undefined || node.input.some((x) => x !== "" && !view.initializer(x))) continue;
    const plain = isOp(node, "Cast")
      ? widened(node, weight)
      : isOp(node, "DequantizeLinear")
        ? dequantized(view, node, weight)
        : undefined;
    if (plain === undefined) continue;
    elements += plain.length;
    if (elements > mostElements) return model;
    made.set(node, protoOfFloats(node.output[0]!, weight.dims.map(Number), plain));
  }
  if (made.size === 0) return model;
  const builder = new GraphBuilder(model);
  builder.setNodes(view.nodes.filter((node) => !made.has(node)));
  for (const tensor of made.values()) builder.addInitializer(tensor);
  return builder.build();
}

function widened(node: NodeProto, weight: TensorProto): Float32Array | undefined {
  const isHalf = weight.dataType === ELEMENT_TYPE.float16;
  if (!isHalf || intAttribute(node, "to", 0) !== ELEMENT_TYPE.float32) return undefined;
  return Float32Array.from(numbersOf(tensorFromProto(weight)));
}

/** (q - zero) * scale in float32, per tensor, per entry of an axis, or in blocks along it. */
function dequantized(
  view: GraphView,
  node: NodeProto,
  weight: TensorProto,
): Float32Array | undefined {
  const scaleTensor = readable(view, node.input[1] ?? "");
  if (scaleTensor?.dtype !== "float32") return undefined;
  const levels = levelsOf(weight);
  const zeroProto = view.initializer(node.input[2] ?? "");
  const zeros = zeroProto === undefined ? undefined : levelsOf(zeroProto);
  if (levels === undefined || (zeroProto !== undefined && zeros === undefined)) return undefined;
  const shape = weight.dims.map(Number);
  const scales = scaleTensor.data as Float32Array;
  const block = intAttribute(node, "block_size", 0);
  const wanted = intAttribute(node, "axis", 1);
  const axis = wanted < 0 ? wanted + shape.length : wanted;
  const length = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const perTensor = scales.length === 1;
  const blocks = block > 0 ? Math.ceil(length / block) : 0;
  const out = new Float32Array(levels.length);
  for (let i = 0; i < out.length; i++) {
    const along = Math.floor(i / inner) % length;
    const outer = Math.floor(i / (inner * length));
    const k = perTensor
      ? 0
      : block > 0
        ? (outer * blocks + Math.floor(along / block)) * inner + (i % inner)
        : along;
    // Levels are small integers: their difference is exact, and the product is rounded once.
    out[i] = (levels[i]! - (zeros?.[k] ?? 0)) * scales[k]!;
  }
  return out;
}

function readable(view: GraphView, name: string): Tensor | undefined {
  const proto = view.initializer(name);
  return proto === undefined || tensorTypeOf(proto.dataType) === undefined
    ? undefined
    : tensorFromProto(proto);
}

/** The integers of a quantized tensor; undefined for types this does not fold. */
function levelsOf(proto: TensorProto): ArrayLike<number> | undefined {
  const { int4, uint4, int8, uint8, int32 } = ELEMENT_TYPE;
  const size = sizeOf(proto.dims.map(Number));
  if (proto.dataType === int4 || proto.dataType === uint4) {
    if (proto.rawData.length === 0) return undefined;
    return Int8Array.from({ length: size }, (_, i) => {
      const nibble = (proto.rawData[i >> 1]! >> (i % 2 === 0 ? 0 : 4)) & 15;
      return proto.dataType === int4 && nibble > 7 ? nibble - 16 : nibble;
    });
  }
  if (![int8, uint8, int32].some((type) => type === proto.dataType)) return undefined;
  return tensorFromProto(proto).data as Int8Array;
}
