/** Attention maps with their gradients, for question-conditioned relevance (gradient x attention; Chefer et al. 2021). */
import { differentiate } from "../grad/differentiate.ts";
import type { GradientGraph } from "../grad/differentiate.ts";
import type { GradientTarget } from "../grad/vjp.ts";
import type { ModelProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import type { AttentionTap } from "../taps.ts";

export interface RelevanceRequest {
  /** Scalar to explain (see lossHeads.ts). */
  readonly loss: string;
  readonly taps: readonly AttentionTap[];
  readonly shapes: ShapeTable;
  readonly target: GradientTarget;
}

/** Output names of one tap: its map A and dL/dA, both of the tap's shape. */
export interface RelevanceOutputs {
  readonly tap: AttentionTap;
  readonly attention: string;
  readonly gradient: string;
}

/** One graph that returns the loss and, for every tap, the attention map and the loss's gradient with respect to it. */
export function withAttentionGradients(
  model: ModelProto,
  { loss, taps, shapes, target }: RelevanceRequest,
): { readonly graph: GradientGraph; readonly outputs: readonly RelevanceOutputs[] } {
  const names = taps.map((tap) => tap.name);
  const graph = differentiate(model, {
    loss,
    wrt: names,
    shapes,
    target,
    outputs: [loss, ...names],
  });
  const outputs = taps.map((tap) => ({
    tap,
    attention: tap.name,
    gradient: graph.gradients[tap.name]!,
  }));
  return { graph, outputs };
}
