/**
 * Monte Carlo dropout in an exported graph, whose own dropout is gone: chosen values are multiplied by masks that are
 * graph inputs. The masks come from the lab's seeded streams, so that a sample is the same on every backend.
 */
import { LabError } from "../../errors/labError.ts";
import { randomStream } from "../../numerics/random.ts";
import { floatTensor, sizeOf } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { isOp } from "../elementTypes.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import type { GraphView } from "../graph.ts";
import { ELEMENT_TYPE, graphOf } from "../messages.ts";
import type { ModelProto, NodeProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { findAttentionTaps } from "../taps.ts";
import { rewire } from "./rewire.ts";

export interface DropoutSite {
  /** The float32 value to be thinned. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Name of the mask input of a site. */
export function dropoutMaskName(site: string): string {
  return `dropout_mask_${site}`;
}

/**
 * The model with an input `dropout_mask_<name>` (float32, the value's shape) per site, by which the value is multiplied
 * before anything reads it. Masks of ones leave every output as it was.
 * @throws LabError "graph-invalid" for a value that does not exist.
 */
export function withDropout(model: ModelProto, sites: readonly DropoutSite[]): ModelProto {
  const builder = new GraphBuilder(model);
  const replacements = new Map<string, string>();
  for (const { name } of sites) {
    if (!builder.isTaken(name)) {
      throw new LabError("graph-invalid", `The graph has no value named "${name}".`);
    }
    replacements.set(name, builder.fresh(`${name}/thinned`));
  }
  builder.setNodes(rewire(graphOf(model).node, replacements));
  for (const { name, shape } of sites) {
    const mask = builder.addInput(dropoutMaskName(name), ELEMENT_TYPE.float32, shape);
    builder.add("Mul", [name, mask], { outputs: [replacements.get(name)!] });
  }
  return builder.build();
}

/**
 * A dropout mask: 0 with probability `rate`, else 1 / (1 - rate) (the mean stays). A pure function of its arguments.
 * @throws LabError "spec-invalid" for a rate outside [0, 1).
 */
export function dropoutMask(
  site: DropoutSite,
  rate: number,
  seed: number,
  sample: number,
): FloatTensor {
  if (!(rate >= 0 && rate < 1)) {
    throw new LabError("spec-invalid", `A dropout rate of ${rate} is not in [0, 1).`);
  }
  const random = randomStream(seed, "dropout", site.name, String(sample));
  const kept = 1 / (1 - rate);
  const data = Float32Array.from({ length: sizeOf(site.shape) }, () =>
    random.chance(rate) ? 0 : kept,
  );
  return floatTensor(data, site.shape);
}

/**
 * Where a transformer has its dropout in training: "attention" = the attention maps, "residual" = what each block adds
 * to its residual stream.
 */
export function findDropoutSites(
  view: GraphView,
  shapes: ShapeTable,
  kind: "attention" | "residual",
): DropoutSite[] {
  if (kind === "attention") {
    return findAttentionTaps(view, shapes).map(({ name, shape }) => ({ name, shape }));
  }
  const sites: DropoutSite[] = [];
  for (const node of view.nodes) {
    if (!isOp(node, "Add") || !node.input.every((name) => view.producer(name))) continue;
    const [left = [], right = []] = node.input.map((name) => shapes.shapes.get(name) ?? []);
    if (left.length < 3 || left.join() !== right.join()) continue;
    const branch = node.input.find((name) => endsProjection(view, view.producer(name)));
    if (branch !== undefined) sites.push({ name: branch, shape: left });
  }
  return sites;
}

/** True for the output of a linear layer: a product, its bias, and layer scale after it. */
function endsProjection(view: GraphView, node: NodeProto | undefined): boolean {
  if (node === undefined) return false;
  if (isOp(node, "MatMul", "Gemm")) return true;
  if (!isOp(node, "Add", "Mul", "Reshape")) return false;
  const computed = node.input.filter((name) => view.producer(name) && !view.constant(name));
  return computed.length === 1 && endsProjection(view, view.producer(computed[0]!));
}
