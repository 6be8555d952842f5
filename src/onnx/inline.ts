/** Graphs made flat: local functions, conditionals whose condition is known and fused attention are replaced by their nodes. */
import { LabError } from "../errors/labError.ts";
import { withChannelsFirst } from "./channelsLast.ts";
import { isOp } from "./elementTypes.ts";
import { GraphView, nodeLabel } from "./graph.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import type { GraphRunner } from "./graph.ts";
import {
  graphOf,
  makeNode,
  renameAttribute,
  renameInfo,
  renameTensor,
  withNodeFields,
  withSubgraph,
  withoutFunctions,
} from "./messages.ts";
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
} from "./messages.ts";
import { OLDEST_OPSET } from "./operatorSets.ts";
import { inlineSequences } from "./sequences.ts";
import { readShapes } from "./shapes.ts";
import type { ProbeInputs, ShapeTable } from "./shapes.ts";
import { attributeOf, numbersOf } from "./tensorData.ts";
import { unfuseOperators } from "./unfuse/unfuse.ts";
import { upgradeOperators } from "./upgrade.ts";

/** A model ready to be edited, and what is known of its values. */
export interface PreparedGraph {
  readonly model: ModelProto;
  readonly shapes: ShapeTable;
}

/** Rounds of inlining before giving up: real exports need one or two. */
const MOST_ROUNDS = 16;

/**
 * Inlines local functions, turns channels that stand last to the front, brings operators of older sets into their newer form, then reads shapes, and inlines
 * conditionals (If) and sequences of tensors for as long as what they depend on is known from constants and input shapes,
 * and takes fused attention apart.
 * @throws LabError "graph-invalid" when inlining does not end, "model-unsupported" for an operator set that is not known.
 */
export async function prepareGraph(
  model: ModelProto,
  runner: GraphRunner,
  inputs: ProbeInputs = {},
): Promise<PreparedGraph> {
  let current = withChannelsFirst(inlineFunctions(model));
  const isOld = new GraphView(current).opset < OLDEST_OPSET;
  current = upgradeOperators(
    current,
    isOld ? await readShapes(current, runner, inputs) : undefined,
  );
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const shapes = await readShapes(current, runner, inputs);
    const flat = inlineSequences(inlineBranches(current, shapes), shapes);
    const next = flat === current ? unfuseOperators(current, shapes) : flat;
    if (next === current) return { model: current, shapes };
    current = next;
  }
  throw new LabError("graph-invalid", "The conditionals of the graph nest without end.");
}

/** The model with every call of a local function replaced by the function's nodes. */
export function inlineFunctions(model: ModelProto): ModelProto {
  if (model.functions.length === 0) return model;
  const functions = new Map(model.functions.map((f) => [`${f.domain}:${f.name}:${f.overload}`, f]));
  let current = model;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const builder = new GraphBuilder(current);
    let found = false;
    const nodes = graphOf(current).node.flatMap((node) => {
      const definition = functions.get(`${node.domain}:${node.opType}:${node.overload}`);
      if (definition === undefined) return [node];
      found = true;
      return functionBody(builder, node, definition);
    });
    if (!found) return withoutFunctions(current);
    builder.setNodes(nodes);
    current = builder.build();
  }
  throw new LabError(
    "graph-invalid",
    "The local functions of the graph call each other without end.",
  );
}

function functionBody(
  builder: GraphBuilder,
  call: NodeProto,
  definition: FunctionProto,
): NodeProto[] {
  const names = new Map<string, string>();
  definition.input.forEach((name, i) => names.set(name, call.input[i] ?? ""));
  const outputs = new Set(definition.output);
  definition.output.forEach((name, i) => {
    const outer = call.output[i] ?? "";
    // An output that is also an input needs a node of its own; see below.
    if (!definition.input.includes(name))
      names.set(name, outer === "" ? builder.fresh(name) : outer);
  });
  const rename = freshNames(builder, names, call.name || definition.name);
  const attributes = new Map(
    [...definition.attributeProto, ...call.attribute].map((a) => [a.name, a] as const),
  );
  const nodes = definition.node.map((node) => copyNode(builder, node, rename, attributes));
  definition.output.forEach((name, i) => {
    const outer = call.output[i] ?? "";
    if (definition.input.includes(name) && outer !== "" && outputs.has(name)) {
      nodes.push(makeNode("Identity", [rename(name)], [outer]));
    }
  });
  return nodes;
}

/** Maps names through `known`; any other name gets a fresh one, always the same. */
function freshNames(
  builder: GraphBuilder,
  known: Map<string, string>,
  stem: string,
): (name: string) => string {
  return (name) => {
    if (name === "") return "";
    let mapped = known.get(name);
    if (mapped === undefined) {
      mapped = builder.fresh(`${stem}/${name}`);
      known.set(name, mapped);
    }
    return mapped;
  };
}

function copyNode(
  builder: GraphBuilder,
  node: NodeProto,
  rename: (name: string) => string,
  attributes: ReadonlyMap<string, AttributeProto>,
): NodeProto {
  return withNodeFields(node, {
    name: builder.fresh(node.name || node.opType),
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.flatMap((attribute) => {
      if (attribute.refAttrName !== "") {
        const given = attributes.get(attribute.refAttrName);
        return given === undefined ? [] : [renameAttribute(given, attribute.name)];
      }
      if (attribute.g === undefined) return [attribute];
      const graph = attribute.g;
      return [
        withSubgraph(attribute, {
          node: graph.node.map((inner) => copyNode(builder, inner, rename, attributes)),
          initializer: graph.initializer.map((t) => renameTensor(t, rename(t.name))),
          input: graph.input.map((info) => renameInfo(info, rename(info.name))),
          output: graph.output.map((info) => renameInfo(info, rename(info.name))),
        }),
      ];
    }),
  });
}

/** The model with every If whose condition is known replaced by the branch taken; the same object when there is none. */
export function inlineBranches(model: ModelProto, shapes: ShapeTable): ModelProto {
  const view = new GraphView(model);
  const chosen = new Map<NodeProto, GraphProto>();
  for (const node of view.nodes) {
    if (!isOp(node, "If")) continue;
    const name = node.input[0] ?? "";
    const condition = shapes.values.get(name) ?? view.constant(name);
    if (condition === undefined) continue;
    const branch = numbersOf(condition)[0] === 0 ? "else_branch" : "then_branch";
    const graph = attributeOf(node, branch)?.g;
    if (graph === undefined || graph.output.length !== node.output.length) {
      throw new LabError("graph-invalid", `Node ${nodeLabel(node)} has no usable ${branch}.`);
    }
    chosen.set(node, graph);
  }
  if (chosen.size === 0) return model;
  const builder = new GraphBuilder(model);
  builder.setNodes(
    view.nodes.flatMap((node) => {
      const graph = chosen.get(node);
      return graph === undefined ? [node] : branchBody(builder, node, graph);
    }),
  );
  return builder.build();
}

function branchBody(builder: GraphBuilder, call: NodeProto, graph: GraphProto): NodeProto[] {
  const own = new Set<string>([
    ...graph.initializer.map((tensor) => tensor.name),
    ...graph.node.flatMap((node) => node.output),
  ]);
  const names = new Map<string, string>();
  const inner = freshNames(builder, names, call.name || "If");
  const rename = (name: string): string => (own.has(name) ? inner(name) : name);
  for (const tensor of graph.initializer) {
    builder.addInitializer(renameTensor(tensor, rename(tensor.name)));
  }
  const nodes = graph.node.map((node) => copyNode(builder, node, rename, new Map()));
  graph.output.forEach((info, i) => {
    const outer = call.output[i] ?? "";
    if (outer !== "") nodes.push(makeNode("Identity", [rename(info.name)], [outer]));
  });
  return nodes;
}
