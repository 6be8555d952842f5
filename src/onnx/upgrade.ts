/**
 * Models of older operator sets in the form of a newer one, so that everything after it knows one form: attributes that
 * became inputs, defaults that changed, operators that were renamed. Only what is known to mean the same is rewritten;
 * upgrade.test.ts runs both forms and compares every bit.
 */
import { LabError } from "../errors/labError.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementTypesOf } from "./elementTypes.ts";
import { GraphView, nodeLabel, nodeReads } from "./graph.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import { OLDEST_OPSET, OLDEST_READABLE_OPSET, checkReadable } from "./operatorSets.ts";
import {
  graphOf,
  isDefaultDomain,
  replaceGraph,
  withNodeFields,
  withSubgraph,
} from "./messages.ts";
import type { ModelProto, NodeProto } from "./messages.ts";
import type { ShapeTable } from "./shapes.ts";
import { SAME_OPERATORS, UPGRADES } from "./upgradeRules.ts";
import type { UpgradeContext } from "./upgradeRules.ts";

/** The form that older models are brought to. */
const UPGRADED_OPSET = 16;
/** File formats before this one list every weight among the inputs. */
const IR_VERSION = 8n;

/**
 * The model in the form of operator set 16 where it uses an older one; the same object where it need not or, from set 13
 * on, cannot be rewritten. Local functions must be inlined before. `shapes` tell ranks and computed scales.
 * @throws LabError "model-unsupported" for an operator set before 7, or for an operator of a set before 13 whose newer
 *   form is not known to be the same.
 */
export function upgradeOperators(model: ModelProto, shapes?: ShapeTable): ModelProto {
  const view = new GraphView(model);
  if (view.opset >= UPGRADED_OPSET) return model;
  checkReadable(view);
  const builder = new GraphBuilder(model);
  const types = elementTypesOf(view);
  const read = new Set([
    ...view.nodes.flatMap(nodeReads),
    ...view.graph.output.map(({ name }) => name),
  ]);
  const context: UpgradeContext = {
    isRead: (name) => name !== "" && read.has(name),
    builder,
    opset: view.opset,
    typeOf: (name) => types.get(name) ?? 0,
    rankOf: (name) => shapes?.shapes.get(name)?.length,
    valueOf: (name): Tensor | undefined => shapes?.values.get(name) ?? view.constant(name),
  };
  try {
    builder.setNodes(view.nodes.flatMap((node) => upgraded(node, context)));
  } catch (error) {
    // Rules know operator sets 13 to 15 as they are.
    if (view.opset >= OLDEST_OPSET && error instanceof LabError) return model;
    throw error;
  }
  const weights = new Set(graphOf(model).initializer.map((tensor) => tensor.name));
  builder.setInputs(graphOf(model).input.filter((info) => !weights.has(info.name)));
  const built = builder.build();
  const others = model.opsetImport
    .filter(({ domain }) => !isDefaultDomain(domain))
    .map(({ domain, version }) => ({ domain, version: Number(version) }));
  const next = replaceGraph(built, {}, [{ domain: "", version: UPGRADED_OPSET }, ...others]);
  if (next.irVersion < IR_VERSION) next.irVersion = IR_VERSION;
  return next;
}

function upgraded(node: NodeProto, context: UpgradeContext): NodeProto[] {
  const outer = withUpgradedBodies(node, context);
  if (!isDefaultDomain(node.domain)) return [outer];
  const rule = UPGRADES[node.opType];
  const result = rule === undefined ? undefined : rule(outer, context);
  if (result !== undefined) return result;
  if (rule === undefined && SAME_OPERATORS.has(node.opType)) return [outer];
  throw new LabError(
    "model-unsupported",
    `The model uses ONNX operator set ${context.opset}, and node ${nodeLabel(node)} has no newer form that is known to be the same.`,
    {
      hint: `Export it with opset_version=17, or convert it with onnx.version_converter. Sets ${OLDEST_READABLE_OPSET} to ${OLDEST_OPSET - 1} are taken where every operator is known.`,
      where: node.name,
    },
  );
}

function withUpgradedBodies(node: NodeProto, context: UpgradeContext): NodeProto {
  if (node.attribute.every(({ g }) => g === undefined)) return node;
  return withNodeFields(node, {
    attribute: node.attribute.map((attribute) =>
      attribute.g === undefined
        ? attribute
        : withSubgraph(attribute, {
            node: attribute.g.node.flatMap((inner) => upgraded(inner, context)),
          }),
    ),
  });
}
