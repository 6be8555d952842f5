/** Checks of a graph before a session is made: structure, and which nodes would leave the GPU. */
import { toErrorData } from "../errors/labError.ts";
import { elementTypesOf, isFloatType } from "./elementTypes.ts";
import { reachOf } from "./grad/flow.ts";
import { ruleFor } from "./grad/rules.ts";
import { GraphView, nodeLabel } from "./graph.ts";
import { checkReadable } from "./operatorSets.ts";
import { ELEMENT_TYPE, elementTypeOf, isDefaultDomain } from "./messages.ts";
import type { ModelProto, NodeProto } from "./messages.ts";
import { inputIndependent } from "./shapes.ts";
import { fusedAttentionNodes } from "./taps.ts";
import { isUnfusable } from "./unfuse/unfuse.ts";

/**
 * Operators seen to run on the CPU under the WebGPU provider of onnxruntime-web 1.30 (each rule's test graph was placed on a
 * software adapter), and control flow. Each such node copies its tensors off the GPU and back.
 */
const NO_WEBGPU_KERNEL: Readonly<Record<string, readonly string[]>> = {
  "": [
    "Sign",
    "Mod",
    "Sum",
    "Mean",
    "Selu",
    "Celu",
    "Softsign",
    "Shrink",
    "SpaceToDepth",
    "LpPool",
    "GlobalLpPool",
    "LRN",
    "LogSoftmax",
    "GroupNormalization",
    "NonZero",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "Bernoulli",
    "QuantizeLinear",
    "DynamicQuantizeLinear",
    "MatMulInteger",
    "ConvInteger",
    "QLinearConv",
    "QLinearMatMul",
    "Loop",
    "Scan",
  ],
  "com.microsoft": ["FusedMatMul", "QAttention", "DynamicQuantizeMatMul"],
};

/** Operators whose WebGPU kernel takes no int64, which the provider then leaves to the CPU. */
const NO_INT64_KERNEL: ReadonlySet<string> = new Set([
  "Cast",
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "Where",
  "Add",
  "Sub",
  "Mul",
  "Div",
]);

/**
 * Structure and operator set of a graph.
 * @throws LabError "graph-invalid" for broken structure, "model-unsupported" for an operator set out of range.
 */
export function checkStructure(model: ModelProto): GraphView {
  const view = new GraphView(model);
  checkReadable(view);
  return view;
}

/** Nodes that would run on the CPU under WebGPU, as "Op name"; nodes that fold to constants are not counted. */
export function webgpuFallbacks(model: ModelProto): string[] {
  const view = new GraphView(model);
  const fixed = inputIndependent(view);
  const types = elementTypesOf(view);
  const isInt64 = (node: NodeProto): boolean =>
    types.get(node.input[node.opType === "Where" ? 1 : 0] ?? "") === ELEMENT_TYPE.int64;
  const folds = (node: NodeProto): boolean => node.output.every((name) => fixed.has(name));
  return view.nodes
    .filter((node) => {
      const domain = isDefaultDomain(node.domain) ? "" : node.domain;
      const missing =
        NO_WEBGPU_KERNEL[domain]?.includes(node.opType) === true ||
        (domain === "" && NO_INT64_KERNEL.has(node.opType) && isInt64(node));
      return missing && !folds(node);
    })
    .map(nodeLabel);
}

/** A node that stops a gradient. */
export interface Obstacle {
  readonly node: string;
  readonly reason: string;
}

/** Nodes that pass on a change of the named values, or of every float input, but have no gradient, with the reason. */
export function differentiationObstacles(view: GraphView, from?: readonly string[]): Obstacle[] {
  const sources =
    from ?? view.inputs.filter((info) => isFloatType(elementTypeOf(info))).map((info) => info.name);
  const obstacles: Obstacle[] = [];
  const fused = new Set(fusedAttentionNodes(view));
  for (const node of reachOf(view, elementTypesOf(view), sources).nodes) {
    if (fused.has(node) && !isUnfusable(node)) {
      obstacles.push({
        node: nodeLabel(node),
        reason:
          "It computes attention in one fused operator, which hides its map and its gradient.",
      });
      continue;
    }
    if (isUnfusable(node)) continue;
    try {
      ruleFor(node);
    } catch (error) {
      obstacles.push({ node: nodeLabel(node), reason: toErrorData(error).message });
    }
  }
  return obstacles;
}

/** Counts of a graph, for an inspection report. */
export interface GraphSummary {
  readonly opset: number;
  readonly nodes: number;
  /** Number of nodes by operator ("domain.Op" outside the default domain), sorted by name. */
  readonly operators: Readonly<Record<string, number>>;
  /** Number of stored weights (elements of all initializers). */
  readonly parameters: number;
  /** Bytes of all initializers. */
  readonly weightBytes: number;
  readonly fusedAttention: readonly string[];
}

export function summarizeGraph(model: ModelProto): GraphSummary {
  const view = new GraphView(model);
  const counts = new Map<string, number>();
  for (const node of view.nodes) {
    const name = isDefaultDomain(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  let parameters = 0;
  let weightBytes = 0;
  for (const tensor of view.graph.initializer) {
    parameters += tensor.dims.reduce((product, dim) => product * Number(dim), 1);
    weightBytes +=
      tensor.rawData.length + 4 * tensor.floatData.length + 4 * tensor.int32Data.length;
  }
  return {
    opset: view.opset,
    nodes: view.nodes.length,
    operators: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    parameters,
    weightBytes,
    fusedAttention: fusedAttentionNodes(view).map(nodeLabel),
  };
}
