/**
 * Fused operators taken apart: attention, rotary embeddings and normalised sums that exporters and optimisers write as one
 * node become the operators they stand for, so that maps and the residual stream can be read and gradients taken. Exact, but for the rounding of
 * another order of sums; what has no exact form here stays as it is, and `unfuseObstacle` says why.
 */
import { LabError } from "../../errors/labError.ts";
import { GraphView } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { isDefaultDomain } from "../messages.ts";
import type { ModelProto, NodeProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { groupQueryAttention } from "./groupQuery.ts";
import { microsoftAttention, multiHeadAttention } from "./microsoftAttention.ts";
import { onnxAttention } from "./onnxAttention.ts";
import { microsoftRotary, onnxRotary } from "./rotary.ts";
import { FusedSite } from "./site.ts";
import type { Decomposition } from "./site.ts";
import { skipLayerNormalization, skipSimplifiedLayerNormalization } from "./skipNorm.ts";

/** By domain ("" is the default one) and operator. */
export const DECOMPOSITIONS: Readonly<Record<string, Readonly<Record<string, Decomposition>>>> = {
  "": { Attention: onnxAttention, RotaryEmbedding: onnxRotary },
  "com.microsoft": {
    Attention: microsoftAttention,
    MultiHeadAttention: multiHeadAttention,
    GroupQueryAttention: groupQueryAttention,
    RotaryEmbedding: microsoftRotary,
    SkipLayerNormalization: skipLayerNormalization,
    SkipSimplifiedLayerNormalization: skipSimplifiedLayerNormalization,
  },
};

/** True for operators that are taken apart in all but their rarest forms. */
export function isUnfusable(node: NodeProto): boolean {
  return decompositionOf(node) !== undefined;
}

function decompositionOf(node: NodeProto): Decomposition | undefined {
  return DECOMPOSITIONS[isDefaultDomain(node.domain) ? "" : node.domain]?.[node.opType];
}

/** The model with every fused node that has an exact form replaced by it; the same object when there is none. */
export function unfuseOperators(model: ModelProto, shapes: ShapeTable): ModelProto {
  const view = new GraphView(model);
  const gone = view.nodes.filter(
    (node) => isUnfusable(node) && unfuseObstacle(view, node, shapes) === undefined,
  );
  if (gone.length === 0) return model;
  const builder = new GraphBuilder(model);
  const removed = new Set(gone);
  builder.setNodes(view.nodes.filter((node) => !removed.has(node)));
  for (const node of gone) decompositionOf(node)!(new FusedSite(builder, node, shapes));
  return builder.build();
}

/** Why a fused node stays as it is, as one sentence; undefined where it can be taken apart. */
export function unfuseObstacle(
  view: GraphView,
  node: NodeProto,
  shapes: ShapeTable,
): string | undefined {
  const decomposition = decompositionOf(node);
  if (decomposition === undefined) return undefined;
  try {
    decomposition(new FusedSite(new GraphBuilder(view.model), node, shapes));
    return undefined;
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
}
