/** Attention maps as outputs: found by structure (a Softmax whose result is multiplied with a matrix). */
import { LabError } from "../errors/labError.ts";
import { isOp } from "./elementTypes.ts";
import { nodeLabel } from "./graph.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import type { GraphView } from "./graph.ts";
import { isDefaultDomain, makeValueInfo } from "./messages.ts";
import type { ModelProto, NodeProto } from "./messages.ts";
import type { ShapeTable } from "./shapes.ts";
import { intAttribute } from "./tensorData.ts";
import { unfuseObstacle } from "./unfuse/unfuse.ts";

/** One attention map inside a graph. */
export interface AttentionTap {
  /** Name of the Softmax output: [B, N, Q, K], or [B*N, Q, K], or [B, Q, K]; rows over K sum to 1. */
  readonly name: string;
  /** Name of the Softmax node. */
  readonly node: string;
  /** Position among the taps of its kind, in the order of computation. */
  readonly layer: number;
  /** Number of heads where the rank tells it (rank >= 4), else 1. */
  readonly heads: number;
  /** Empty when no shape table was given. */
  readonly shape: readonly number[];
  /** "cross" when queries and keys differ in number or come from different sequences. */
  readonly kind: "self" | "cross";
}

/** Operators that compute attention without showing the map. */
const FUSED_ATTENTION: Readonly<Record<string, readonly string[]>> = {
  "": ["Attention"],
  "com.microsoft": [
    "Attention",
    "MultiHeadAttention",
    "GroupQueryAttention",
    "QAttention",
    "PackedAttention",
    "PackedMultiHeadAttention",
    "DecoderMaskedMultiHeadAttention",
    "DecoderMaskedSelfAttention",
    "SparseAttention",
    "LongformerAttention",
    "PagedAttention",
  ],
};

/** Nodes that a value passes through on its way from Softmax to the product with the values. */
const PASSING = [
  "Identity",
  "Dropout",
  "Cast",
  "Reshape",
  "Unsqueeze",
  "Squeeze",
  "Transpose",
  "Mul",
  "Where",
  "QuantizeLinear",
  "DequantizeLinear",
];
const FARTHEST = 6;
/** Nodes from scores back to a projection: a rotary embedding taken apart has a dozen, splitting and sharing heads some more. */
const FARTHEST_SOURCE = 48;

/** The fused attention nodes of a graph. */
export function fusedAttentionNodes(view: GraphView): NodeProto[] {
  return view.nodes.filter((node) =>
    FUSED_ATTENTION[isDefaultDomain(node.domain) ? "" : node.domain]?.includes(node.opType),
  );
}

/**
 * @param among nodes that matter; all when absent
 * @throws LabError "graph-fused-attention" naming the first fused attention node, and why it is not taken apart.
 */
export function refuseFusedAttention(
  view: GraphView,
  shapes?: ShapeTable,
  among?: readonly NodeProto[],
): void {
  const node = fusedAttentionNodes(view).find((each) => among?.includes(each) ?? true);
  if (node === undefined) return;
  const obstacle = shapes === undefined ? undefined : unfuseObstacle(view, node, shapes);
  throw new LabError(
    "graph-fused-attention",
    `The graph computes attention in the fused operator ${nodeLabel(node)}, which hides its map and its gradient.${obstacle === undefined ? "" : ` ${obstacle}`}`,
    {
      hint: 'Export the model with eager attention (in transformers: attn_implementation="eager") and without the attention fusion of the ONNX Runtime optimiser.',
      where: node.name,
    },
  );
}

/**
 * All attention maps of a graph, in the order of computation.
 * @throws LabError "graph-fused-attention" when the graph has fused attention.
 */
export function findAttentionTaps(view: GraphView, shapes?: ShapeTable): AttentionTap[] {
  refuseFusedAttention(view, shapes);
  const taps: AttentionTap[] = [];
  const layers = { self: 0, cross: 0 };
  for (const node of view.nodes) {
    if (!isOp(node, "Softmax")) continue;
    const name = node.output[0] ?? "";
    const shape = shapes?.shapes.get(name) ?? [];
    if (shapes !== undefined && shape.length < 3) continue;
    const axis = intAttribute(node, "axis", -1);
    if (axis !== -1 && (shapes === undefined || axis !== shape.length - 1)) continue;
    if (productFed(view, name, FARTHEST) === undefined) continue;
    const kind = attentionKind(view, node, shape);
    taps.push({
      name,
      node: node.name,
      layer: layers[kind]++,
      heads: shape.length >= 4 ? shape.at(-3)! : 1,
      shape,
      kind,
    });
  }
  return taps;
}

interface FedProduct {
  readonly node: NodeProto;
  /** The input that the value comes in by. */
  readonly by: string;
}

/** The MatMul (or Einsum) that reads the value, directly or through passing nodes. */
function productFed(view: GraphView, name: string, steps: number): FedProduct | undefined {
  for (const node of view.consumers(name)) {
    const isProduct =
      isOp(node, "MatMul", "Einsum") ||
      (node.domain === "com.microsoft" && node.opType === "FusedMatMul");
    // A product by a weight would be a classifier after a softmax, not attention over values.
    if (isProduct && node.input.every((input) => view.initializer(input) === undefined))
      return { node, by: name };
    if (steps > 0 && isOp(node, ...PASSING)) {
      const found = productFed(view, node.output[0] ?? "", steps - 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** What an attention map weighs: the other factor of its product. */
export function valuesOf(view: GraphView, tap: string): string | undefined {
  const product = productFed(view, tap, FARTHEST);
  return product?.node.input.find((input) => input !== product.by);
}

/** The values that an attention is computed from, scaled and split into heads as the graph has them, and what it makes. */
export interface AttentionParts {
  readonly query: string | undefined;
  readonly key: string | undefined;
  readonly value: string | undefined;
  /** The values mixed by the map, before heads are joined and projected. */
  readonly output: string | undefined;
}

export function attentionParts(view: GraphView, tap: AttentionTap): AttentionParts {
  const softmax = view.producer(tap.name);
  const scores = softmax && scoreProduct(view, softmax.input[0] ?? "", FARTHEST);
  const mixed = productFed(view, tap.name, FARTHEST);
  return {
    query: scores?.input[0],
    key: scores?.input[1],
    value: mixed?.node.input.find((input) => input !== mixed.by),
    output: mixed?.node.output[0],
  };
}

/** Self-attention: queries and keys are projections of the same sequence. */
function attentionKind(
  view: GraphView,
  softmax: NodeProto,
  shape: readonly number[],
): "self" | "cross" {
  if (shape.length >= 2 && shape.at(-1) !== shape.at(-2)) return "cross";
  const scores = scoreProduct(view, softmax.input[0] ?? "", FARTHEST);
  if (scores === undefined) return "self";
  const [query, key] = scores.input.map((name) => sourceOf(view, name, FARTHEST_SOURCE));
  return query === key ? "self" : "cross";
}

/** The product of queries and keys behind the scaled and masked scores. */
function scoreProduct(view: GraphView, name: string, steps: number): NodeProto | undefined {
  const node = view.producer(name);
  if (node === undefined || steps === 0) return undefined;
  if (isOp(node, "MatMul", "Einsum") || node.opType === "FusedMatMul") {
    // A product by a weight makes a position bias (or mixes heads): the scores are elsewhere.
    return node.input.every((input) => isComputed(view, input)) ? node : undefined;
  }
  for (const input of node.input) {
    const found = scoreProduct(view, input, steps - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Products by a weight that exporters write for the runtime. */
const PROJECTIONS = new Set(["MatMulNBits", "MatMulBnb4", "FusedMatMul", "FusedGemm"]);

/** The value that a projection starts from: the data input of the last product by a weight. */
export function sourceOf(view: GraphView, name: string, steps: number): string {
  const node = view.producer(name);
  if (node === undefined || steps === 0) return name;
  const data = node.input.filter((input) => isComputed(view, input));
  const isProjection =
    isOp(node, "MatMul", "Gemm", "Conv") ||
    (node.domain === "com.microsoft" && PROJECTIONS.has(node.opType));
  if (isProjection && data.length === 1) return data[0]!;
  return data.length === 0 ? name : sourceOf(view, data[0]!, steps - 1);
}

/** False for weights: initializers, and what is dequantized, cast or transposed from them. */
export function isComputed(view: GraphView, name: string): boolean {
  if (name === "" || view.initializer(name) !== undefined) return false;
  const node = view.producer(name);
  if (node === undefined) return true;
  if (isOp(node, "Constant")) return false;
  if (isOp(node, "DequantizeLinear", "Cast", "Transpose", "Identity")) {
    return isComputed(view, node.input[0] ?? "");
  }
  return true;
}

/** The model with the named inner values as further outputs. @throws LabError "graph-invalid" for an unknown name. */
export function withTaps(model: ModelProto, names: readonly string[]): ModelProto {
  const builder = new GraphBuilder(model);
  const present = new Set(model.graph?.output.map((info) => info.name));
  const outputs = [...(model.graph?.output ?? [])];
  for (const name of names) {
    if (!builder.isTaken(name)) {
      throw new LabError("graph-invalid", `The graph has no value named "${name}".`);
    }
    if (present.has(name)) continue;
    present.add(name);
    outputs.push(makeValueInfo(name, 0));
  }
  builder.setOutputs(outputs);
  return builder.build();
}

/** How the keys (or queries) of an attention map lie on the image. */
export interface TokenGrid {
  /** Tokens before the patches: CLS, distillation and register tokens. */
  readonly prefix: number;
  readonly rows: number;
  readonly columns: number;
}

/** More special tokens than any published encoder puts before its patches. */
const MOST_PREFIX_TOKENS = 16;

/**
 * The patch grid behind a number of tokens, for an image of the given height over width (default 1). The grid is the
 * largest that fits with at most 16 tokens left over, which are taken to stand in front; undefined when none does.
 */
export function tokenGrid(tokens: number, aspect = 1): TokenGrid | undefined {
  for (let prefix = 0; prefix <= Math.min(MOST_PREFIX_TOKENS, tokens - 1); prefix++) {
    const patches = tokens - prefix;
    const rows = Math.round(Math.sqrt(patches * aspect));
    const columns = Math.round(patches / Math.max(rows, 1));
    // A special token or two beside a handful of patches says nothing: 5 = 2 x 2 + 1, but 3 is no grid.
    const fits = rows * columns === patches && Math.abs(rows / columns - aspect) < 1e-6 * aspect;
    if (fits && patches > prefix) return { prefix, rows, columns };
  }
  return undefined;
}
