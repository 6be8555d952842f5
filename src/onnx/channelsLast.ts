/**
 * Operators of com.microsoft whose channels stand last, as optimisers write them for GPUs, in ONNX's own form: the picture is
 * turned before and after, and what stands between has channels first. The CPU's and the browser's runtime have no kernel
 * for most of them, so this comes before anything is run.
 */
import { GraphBuilder } from "./graphBuilder.ts";
import { graphOf, makeNode, withNodeFields, withSubgraph } from "./messages.ts";
import type { ModelProto, NodeProto } from "./messages.ts";
import { intsAttribute } from "./tensorData.ts";

interface Form {
  readonly op: string;
  readonly domain: string;
  /** Inputs that have the picture's layout. */
  readonly pictures: readonly number[];
  /** Whether the filters have their channels last, too ([M, k1, k2, C / group]). */
  readonly turnsFilters: boolean;
}

/** By operator of com.microsoft. */
export const CHANNELS_LAST: Readonly<Record<string, Form>> = {
  // By onnxruntime's fusion_nhwc_conv.py; the operator's own text still speaks of channels first.
  NhwcConv: { op: "Conv", domain: "", pictures: [0], turnsFilters: true },
  NhwcFusedConv: {
    op: "FusedConv",
    domain: "com.microsoft",
    pictures: [0, 3],
    turnsFilters: false,
  },
  NhwcMaxPool: { op: "MaxPool", domain: "", pictures: [0], turnsFilters: false },
};

/** True for operators that `withChannelsFirst` replaces. */
export function isChannelsLast({ domain, opType }: Pick<NodeProto, "domain" | "opType">): boolean {
  return domain === "com.microsoft" && opType in CHANNELS_LAST;
}

/** The model with such operators replaced; the same object when there is none. Local functions must be inlined before. */
export function withChannelsFirst(model: ModelProto): ModelProto {
  const { node: nodes, initializer } = graphOf(model);
  if (!nodes.some(holdsOne)) return model;
  const builder = new GraphBuilder(model);
  const ranks = new Map(initializer.map(({ name, dims }) => [name, dims.length]));
  builder.setNodes(nodes.flatMap((node) => replaced(node, builder, ranks)));
  return builder.build();
}

function holdsOne(node: NodeProto): boolean {
  return isChannelsLast(node) || node.attribute.some(({ g }) => g?.node.some(holdsOne) ?? false);
}

function replaced(
  node: NodeProto,
  builder: GraphBuilder,
  ranks: ReadonlyMap<string, number>,
): NodeProto[] {
  if (!isChannelsLast(node)) {
    if (!holdsOne(node)) return [node];
    const attribute = node.attribute.map((each) =>
      each.g === undefined
        ? each
        : withSubgraph(each, {
            node: each.g.node.flatMap((inner) => replaced(inner, builder, ranks)),
          }),
    );
    return [withNodeFields(node, { attribute })];
  }
  const { op, domain, pictures, turnsFilters } = CHANNELS_LAST[node.opType]!;
  const places = intsAttribute(node, "kernel_shape")?.length;
  const rank = places === undefined ? (ranks.get(node.input[1] ?? "") ?? 4) : places + 2;
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const first = { perm: { ints: [0, rank - 1, ...spatial] } };
  const last = { perm: { ints: [0, ...spatial.map((axis) => axis + 1), 1] } };
  const before: NodeProto[] = [];
  const turned = (name: string): string => {
    const made = builder.fresh(`${name}/channels_first`);
    before.push(
      makeNode("Transpose", [name], [made], { name: builder.fresh(made), attributes: first }),
    );
    return made;
  };
  const input = node.input.map((name, i) =>
    name !== "" && (pictures.includes(i) || (turnsFilters && i === 1)) ? turned(name) : name,
  );
  const [output = ""] = node.output;
  const made = builder.fresh(`${output}/channels_first`);
  const plain = makeNode(op, input, [made], { name: node.name, domain });
  plain.attribute = node.attribute;
  return [
    ...before,
    plain,
    makeNode("Transpose", [made], [output], {
      name: builder.fresh(`${output}/channels_last`),
      attributes: last,
    }),
  ];
}
