/**
 * Reverse-mode differentiation of ONNX graphs. The result is an ordinary ONNX graph: the forward nodes, followed by
 * nodes that compute the gradient of one scalar with respect to chosen values.
 *
 * How to use it:
 *   const shapes = await readShapes(model, runner, { shapes: { image: [1, 1, 224, 224] } });
 *   const { model: graph, surrogate } = differentiate(model, { loss: "loss", wrt: ["image"], shapes, target: "wasm" });
 *   run(serializeModel(graph)) -> the model's outputs and `grad_image`
 *
 * - `loss` is a value with one element; make one with edit/lossHeads.ts (its `cotangent` head gives any VJP).
 * - `wrt` may name graph inputs or inner values (attention taps, tokens). Weights are constants.
 * - Only nodes on a path from `wrt` to the loss are differentiated, by the rules in ./rules.ts: one per operator, each
 *   in the file of its family. A missing rule is an error that names operator and node.
 * - Shapes are fixed in the result; another input shape needs another gradient graph.
 * - Target "wasm" multiplies by transposed weights through com.microsoft.FusedMatMul, without a second copy of them;
 *   "webgpu" uses Transpose nodes and only operators that have a WebGPU kernel.
 */
import { LabError } from "../../errors/labError.ts";
import { sizeOf } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { isFloatType } from "../elementTypes.ts";
import { GraphView, nodeLabel } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import {
  ELEMENT_TYPE,
  declaredDims,
  elementTypeOf,
  makeValueInfo,
  withNodeFields,
} from "../messages.ts";
import type { ModelProto, NodeProto } from "../messages.ts";
import { checkOperatorSet } from "../operatorSets.ts";
import { fixInputShapes } from "../shapes.ts";
import type { ShapeTable } from "../shapes.ts";
import { refuseFusedAttention } from "../taps.ts";
import { gradientReads, isSteering, reachOf } from "./flow.ts";
import { quantizedInputs } from "./integerPaths.ts";
import { recomputeForward } from "./recompute.ts";
import { ruleFor } from "./rules.ts";
import { Vjp } from "./vjp.ts";
import type { GradientContext, GradientTarget } from "./vjp.ts";

export interface DifferentiateRequest {
  /** Name of the value to differentiate; it must have exactly one element. */
  readonly loss: string;
  /** Values to differentiate with respect to: graph inputs or inner values, of float type. */
  readonly wrt: readonly string[];
  readonly shapes: ShapeTable;
  readonly target: GradientTarget;
  /** Outputs to keep beside the gradients; all of the model's when absent. */
  readonly outputs?: readonly string[];
  /**
   * Factor on the loss inside the backward pass, divided out of the results (default 1). Half-precision graphs need
   * one, as small gradients underflow; gradients of half-precision values are then returned as float32, and the output
   * `overflow` counts their entries that are not finite (lower the factor when it is not 0).
   */
  readonly lossScale?: number;
  /** Whether forward values are computed a second time on the way back instead of being held (recompute.ts). */
  readonly recomputes?: boolean;
}

export interface GradientGraph {
  /** Outputs: the kept ones, then one gradient with the shape and type of its value for each of `wrt`. */
  readonly model: ModelProto;
  /** Name of the gradient's output by the value it belongs to: `grad_<name>` unless the graph has such a value already. */
  readonly gradients: Readonly<Record<string, string>>;
  /** Name of the output that counts entries that are not finite; absent without a loss scale. */
  readonly overflow?: string;
  /** True when some node has a straight-through stand-in instead of a derivative (quantized activations). */
  readonly surrogate: boolean;
  /** The nodes concerned, as "Op name". */
  readonly surrogateNodes: readonly string[];
}

/** Number of entries that are not finite: x - x is 0 for all others. */
function countNonFinite(builder: GraphBuilder, x: string): string {
  const finite = builder.add("Equal", [builder.add("Sub", [x, x]), builder.float(0)]);
  const wrong = builder.add("Where", [finite, builder.float(0), builder.float(1)]);
  return builder.add("ReduceSum", [wrong], { attributes: { keepdims: { int: 0 } } });
}

/** Name that the gradient output of a value gets where it is free. */
function gradientName(value: string): string {
  return `grad_${value}`;
}

/**
 * The gradient graph of a model.
 * @throws LabError "graph-unsupported-op" for an operator without a rule on the path, "graph-fused-attention" for a
 *   fused attention operator, "graph-invalid" when loss or wrt don't exist, the loss isn't a scalar, or it does not
 *   depend on a wrt value.
 */
export function differentiate(model: ModelProto, request: DifferentiateRequest): GradientGraph {
  const { shapes, loss, wrt } = request;
  const fixed = fixInputShapes(model, inputShapes(model, shapes));
  const view = new GraphView(fixed);
  checkOperatorSet(view);
  checkRequest(view, request);

  const flow = activeValues(view, shapes, wrt, loss);
  refuseFusedAttention(view, shapes, flow.nodes);
  const builder = new GraphBuilder(fixed);
  const count = builder.nodes.length;
  const surrogateNodes: string[] = [];
  const remembered = new Map<string, string>();
  const replaced = new Map<NodeProto, NodeProto>();
  const constants = new Map<string, Tensor | undefined>();
  /** Integer values by the name of their float32 form. */
  const integers = new Map<string, string>();
  const context: GradientContext = {
    builder,
    target: request.target,
    shapeOf: (name) => shapes.shapes.get(integers.get(name) ?? name),
    typeOf: (name) =>
      integers.has(name)
        ? ELEMENT_TYPE.float32
        : (shapes.types.get(name) ?? ELEMENT_TYPE.undefined),
    floatOf: (name) =>
      context.remember(`float:${name}`, () => {
        const wide = builder.add("Cast", [name], {
          attributes: { to: { int: ELEMENT_TYPE.float32 } },
        });
        integers.set(wide, name);
        return wide;
      }),
    valueOf: (name) => {
      const known = shapes.values.get(name);
      if (known !== undefined) return known;
      if (!constants.has(name)) constants.set(name, view.constant(name));
      return constants.get(name);
    },
    extendOutputs: (node, count) => {
      const current = replaced.get(node) ?? node;
      const output = Array.from({ length: Math.max(count, current.output.length) }, (_, i) => {
        const name = current.output[i] ?? "";
        return name !== "" || i >= count ? name : builder.fresh(`${node.opType}_stat`);
      });
      const next = withNodeFields(current, { output });
      builder.replaceNode(current, next);
      replaced.set(node, next);
      return output;
    },
    markSurrogate: (node) => surrogateNodes.push(nodeLabel(node)),
    remember: (key, make) => {
      const known = remembered.get(key) ?? make();
      remembered.set(key, known);
      return known;
    },
  };

  const lossScale = request.lossScale ?? 1;
  const gradients = reversePass(view, context, flow, { name: loss, scale: lossScale });
  if (request.outputs !== undefined) {
    builder.setOutputs(
      request.outputs.map((name) => {
        if (!view.has(name)) throw missingValue(name);
        return makeValueInfo(name, shapes.types.get(name) ?? ELEMENT_TYPE.undefined);
      }),
    );
  }
  const overflows: string[] = [];
  const outputs: Record<string, string> = {};
  for (const name of wrt) {
    const gradient = gradients.get(name);
    if (gradient === undefined) throw disconnected(loss, name);
    const type = shapes.types.get(name) ?? ELEMENT_TYPE.float32;
    const output = builder.fresh(gradientName(name));
    outputs[name] = output;
    if (lossScale === 1) {
      builder.add("Identity", [gradient], { outputs: [output] });
      builder.addOutput(output, type, shapes.shapes.get(name));
      continue;
    }
    // Scaled back in float32: in half precision the true gradient may not be representable.
    const { float32 } = ELEMENT_TYPE;
    const wide =
      type === float32
        ? gradient
        : builder.add("Cast", [gradient], { attributes: { to: { int: float32 } } });
    builder.add("Mul", [wide, builder.float(1 / lossScale)], { outputs: [output] });
    builder.addOutput(output, float32, shapes.shapes.get(name));
    overflows.push(countNonFinite(builder, output));
  }
  if (request.recomputes === true) {
    const fed = view.inputs.map(({ name }) => name);
    recomputeForward(builder, { count, fed, shapes, gradients });
  }
  const result = { gradients: outputs, surrogate: surrogateNodes.length > 0, surrogateNodes };
  if (overflows.length === 0) return { model: builder.build(), ...result };
  const total = overflows.reduce((a, b) => builder.add("Add", [a, b]));
  const overflow = builder.fresh("gradient_overflow");
  builder.add("Identity", [total], { outputs: [overflow] });
  builder.addOutput(overflow, ELEMENT_TYPE.float32, []);
  return { model: builder.build(), ...result, overflow };
}

/** Nodes on the way back from the loss, and the values whose gradients are wanted. */
interface Flow {
  readonly active: ReadonlySet<string>;
  readonly nodes: readonly NodeProto[];
}

/** Values that move with `wrt` and move the loss, and the nodes that connect them, from the loss backwards. */
function activeValues(
  view: GraphView,
  shapes: ShapeTable,
  wrt: readonly string[],
  loss: string,
): Flow {
  const reach = reachOf(view, shapes.types, wrt);
  const needed = new Set<string>([loss]);
  const nodes: NodeProto[] = [];
  for (const node of [...reach.nodes].reverse()) {
    if (!node.output.some((name) => needed.has(name) && reach.values.has(name))) continue;
    nodes.push(node);
    for (const name of gradientReads(node, shapes.types)) {
      if (reach.values.has(name)) needed.add(name);
    }
  }
  for (const name of wrt) if (!needed.has(name)) throw disconnected(loss, name);
  const active = new Set([...reach.values].filter((name) => needed.has(name)));
  return { active, nodes };
}

function reversePass(
  view: GraphView,
  context: GradientContext,
  flow: Flow,
  { name: loss, scale: lossScale }: { readonly name: string; readonly scale: number },
): Map<string, string> {
  const { builder } = context;
  const parts = new Map<string, string[]>();
  const gradients = new Map<string, string>();
  const lossType = context.typeOf(loss);
  const one = new Vjp(context, view.producer(loss) ?? view.nodes[0]!, {
    outputGradients: [],
    wanted: [],
  });
  const seed = builder.add("Expand", [
    one.scalarOfType(lossScale, lossType),
    builder.ints(context.shapeOf(loss) ?? []),
  ]);
  parts.set(loss, [seed]);
  const total = (name: string): string | undefined => {
    const known = gradients.get(name);
    if (known !== undefined) return known;
    const list = parts.get(name);
    if (list === undefined) return undefined;
    const sum = list.length === 1 ? list[0]! : list.reduce((a, b) => builder.add("Add", [a, b]));
    gradients.set(name, sum);
    return sum;
  };

  for (const node of flow.nodes) {
    const outputGradients = node.output.map((name) =>
      flow.active.has(name) ? total(name) : undefined,
    );
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const wanted = node.input.map((name, i) => flow.active.has(name) && !isSteering(node, i));
    const rule = ruleFor(node);
    const integers = quantizedInputs(node, wanted, context);
    const vjp = new Vjp(context, node, { outputGradients, wanted, integers });
    const inputGradients = rule(vjp);
    vjp.requireAllRead();
    node.input.forEach((name, i) => {
      if (!wanted[i]) return;
      const gradient = inputGradients[i];
      if (gradient === undefined) {
        throw vjp.unsupported(`there is no rule for its input ${i} ("${name}")`);
      }
      const list = parts.get(name);
      if (list === undefined) parts.set(name, [gradient]);
      else list.push(gradient);
    });
  }
  for (const name of parts.keys()) total(name);
  return gradients;
}

function inputShapes(model: ModelProto, shapes: ShapeTable): Record<string, readonly number[]> {
  const out: Record<string, readonly number[]> = {};
  for (const info of new GraphView(model).inputs) {
    const shape = shapes.shapes.get(info.name);
    const declared = declaredDims(info);
    if (shape !== undefined && (declared === undefined || declared.length === shape.length)) {
      out[info.name] = shape;
    }
  }
  return out;
}

function checkRequest(view: GraphView, request: DifferentiateRequest): void {
  const { loss, wrt, shapes } = request;
  if (wrt.length === 0) {
    throw new LabError("graph-invalid", "No value was named to differentiate with respect to.");
  }
  for (const name of [loss, ...wrt]) if (!view.has(name)) throw missingValue(name);
  const lossShape = shapes.shapes.get(loss);
  if (lossShape === undefined) throw missingValue(loss);
  if (sizeOf(lossShape) !== 1) {
    throw new LabError(
      "graph-invalid",
      `The loss "${loss}" has shape [${lossShape.join(", ")}]; it must have one element.`,
      { hint: "Sum it, or use the cotangent loss head." },
    );
  }
  for (const name of wrt) {
    const info = view.input(name);
    const type = info === undefined ? (shapes.types.get(name) ?? 0) : elementTypeOf(info);
    if (!isFloatType(type)) {
      throw new LabError("graph-invalid", `"${name}" holds no floating-point numbers.`);
    }
  }
}

function missingValue(name: string): LabError {
  return new LabError("graph-invalid", `The graph has no value named "${name}".`);
}

function disconnected(loss: string, name: string): LabError {
  return new LabError(
    "graph-invalid",
    `"${loss}" does not depend on "${name}" through differentiable operators.`,
  );
}
