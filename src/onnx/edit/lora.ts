/**
 * Low-rank adapters (LoRA, Hu et al. 2021): a projection y = W x becomes W x + scale * B (A x), as a path beside it. The
 * weights stay as they are stored, quantized or not, and the scale is an input: one session serves the whole slider.
 */
import { LabError } from "../../errors/labError.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { isOp } from "../elementTypes.ts";
import { GraphView } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, graphOf } from "../messages.ts";
import type { ModelProto, NodeProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { findStateSites } from "../stateSites.ts";
import type { StateSite } from "../stateSites.ts";
import { isComputed } from "../taps.ts";
import { rewire } from "./rewire.ts";

export interface LoraAdapter {
  /** The block that is adapted, by kind and position, and which of its layers: "up" and "down" are a perceptron's two. */
  readonly block: "attention" | "crossAttention" | "mlp";
  readonly index: number;
  readonly role: "query" | "value" | "out" | "up" | "down";
  /** A: [rank, in]. */
  readonly down: FloatTensor;
  /** B: [out, rank]. */
  readonly up: FloatTensor;
  /** What B A counts at a scale of 1: alpha / rank. */
  readonly gain: number;
}

/** float32 scalar input of `withLora`. */
export const LORA_SCALE_INPUT = "lora_scale";

/**
 * The model with an input `lora_scale`: each adapted projection gets `lora_scale * gain * B A x` beside what it makes. At 0
 * nothing is added but zeros.
 * @param table shapes of the model's values
 * @throws LabError "graph-invalid" where there is no such layer, or an adapter does not fit it
 */
export function withLora(
  model: ModelProto,
  adapters: readonly LoraAdapter[],
  table: ShapeTable,
): ModelProto {
  const view = new GraphView(model);
  const sites = findStateSites(view, table);
  const places = adapters.map((adapter) =>
    projectionOf(view, table, { role: adapter.role, name: madeBy(view, sites, adapter) }),
  );
  const builder = new GraphBuilder(model);
  const scale = builder.addInput(LORA_SCALE_INPUT, ELEMENT_TYPE.float32, []);
  const adapted = new Map<string, string>();
  for (const { output } of places) {
    adapted.set(output, adapted.get(output) ?? builder.fresh(`${output}/adapted`));
  }
  builder.setNodes(rewire(graphOf(model).node, adapted));
  for (const [output, name] of adapted) {
    const own = adapters.flatMap((adapter, k) => {
      const place = places[k]!;
      return place.output === output ? [{ adapter, place }] : [];
    });
    let sum = output;
    own.forEach(({ adapter, place }, k) => {
      const { down, up } = factors(adapter, place);
      const low = builder.add("MatMul", [place.input, builder.constant(down, "lora_down")]);
      const delta = builder.add("MatMul", [low, builder.constant(up, "lora_up")]);
      const scaled = builder.add("Mul", [delta, scale]);
      sum = builder.add("Add", [sum, scaled], k === own.length - 1 ? { outputs: [name] } : {});
    });
  }
  return builder.build();
}

const BLOCK_NAMES = {
  attention: "self-attention",
  crossAttention: "cross-attention",
  mlp: "perceptron",
} as const;

/** What the adapted layer makes, or what is made of that alone. */
function madeBy(
  view: GraphView,
  sites: readonly StateSite[],
  { block, index, role }: Pick<LoraAdapter, "block" | "index" | "role">,
): string {
  const isInner = role === "query" || role === "value";
  const wanted = isInner ? role : "stream";
  const site = sites.find((s) => s.block === block && s.index === index && s.role === wanted);
  const last = site && !isInner ? addedTo(view, sites, site.name) : site?.name;
  const made = role === "up" && last !== undefined ? productBefore(view, last) : last;
  if (made !== undefined) return made;
  throw new LabError(
    "graph-invalid",
    `The graph has no ${role} of ${BLOCK_NAMES[block]} ${index + 1} that an adapter could be put on.`,
  );
}

/** What a block adds to the stream. */
function addedTo(view: GraphView, sites: readonly StateSite[], name: string): string | undefined {
  const stream = new Set(sites.flatMap((site) => (site.role === "stream" ? [site.name] : [])));
  return view.producer(name)?.input.find((input) => !stream.has(input));
}

/** The one product before the one that makes a value, with whatever is between them: an activation may be many nodes. */
function productBefore(view: GraphView, made: string): string | undefined {
  const [last, ...others] = productsBehind(view, made);
  if (!last || others.length > 0) return undefined;
  const before = new Set(last.input.flatMap((input) => productsBehind(view, input)));
  return before.size === 1 ? [...before][0]!.output[0] : undefined;
}

/** The nearest products on every way back from a computed value. */
function productsBehind(view: GraphView, value: string): readonly NodeProto[] {
  const [seen, found] = [new Set<string>(), new Set<NodeProto>()];
  const open = [value];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name) || !isComputed(view, name)) continue;
    seen.add(name);
    const node = view.producer(name);
    if (node && isOp(node, "MatMul")) found.add(node);
    else open.push(...(node?.input ?? []));
  }
  return [...found];
}

/** A linear layer: what it reads, what it makes, and which of its outputs is adapted. */
interface Projection {
  readonly input: string;
  readonly output: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Which of the equal parts that its outputs are split into, and how many there are: one layer may make keys and values. */
  readonly part: number;
  readonly parts: number;
}

/** Between a layer's product and what is made of it. */
const PASSING = ["Add", "Mul", "Reshape", "Transpose", "Cast", "Identity", "Squeeze", "Unsqueeze"];

function projectionOf(
  view: GraphView,
  table: ShapeTable,
  made: { readonly role: string; readonly name: string },
): Projection {
  let { name } = made;
  let [part, parts] = [0, 1];
  for (;;) {
    const node = view.producer(name);
    const input =
      node && isOp(node, "MatMul", ...PASSING, "Split") ? dataOf(view, node) : undefined;
    if (!node || input === undefined) {
      throw new LabError(
        "graph-invalid",
        `The ${made.role} "${made.name}" is not made by a product with weights, so that no adapter fits beside it.`,
      );
    }
    if (isOp(node, "MatMul")) {
      const sizeOfLast = (value: string) => table.shapes.get(value)?.at(-1) ?? NaN;
      const [inputs, outputs] = [sizeOfLast(input), sizeOfLast(name)];
      return { input, output: name, inputs, outputs, part, parts };
    }
    if (isOp(node, "Split")) [part, parts] = [node.output.indexOf(name), node.output.length];
    name = input;
  }
}

/** The one input of a node that is computed, where there is one. */
function dataOf(view: GraphView, node: NodeProto): string | undefined {
  const first = isOp(node, "Reshape", "Squeeze", "Unsqueeze", "Split");
  const data = first ? [node.input[0]!] : node.input.filter((input) => isComputed(view, input));
  return data.length === 1 ? data[0] : undefined;
}

/** A and gain * B transposed, as products from the right take them; B's rows stand where the layer makes the site. */
function factors(
  { down, up, gain }: LoraAdapter,
  { inputs, outputs, part, parts, output }: Projection,
): { readonly down: FloatTensor; readonly up: FloatTensor } {
  const [rank = 0, columns = 0] = down.shape;
  const [rows = 0, upRank = 0] = up.shape;
  if (rank !== upRank || columns !== inputs || rows * parts !== outputs) {
    throw new LabError(
      "graph-invalid",
      `The adapter [${up.shape.join(", ")}] x [${down.shape.join(", ")}] does not fit the projection "${output}" from ${inputs} to ${outputs}${parts > 1 ? ` in ${parts} parts` : ""}.`,
    );
  }
  const turned = new Float32Array(inputs * rank);
  for (let r = 0; r < rank; r++) {
    for (let i = 0; i < inputs; i++) turned[i * rank + r] = down.data[r * inputs + i]!;
  }
  const placed = new Float32Array(rank * outputs);
  for (let o = 0; o < rows; o++) {
    for (let r = 0; r < rank; r++) {
      placed[r * outputs + part * rows + o] = gain * up.data[o * rank + r]!;
    }
  }
  return { down: floatTensor(turned, [inputs, rank]), up: floatTensor(placed, [rank, outputs]) };
}
