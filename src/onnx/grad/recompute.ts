/**
 * Memory for time: a gradient graph holds each forward value that its way back reads from the way forth until then. Here the
 * forward nodes are cut into blocks; what a block makes for itself is computed a second time, from the few values that enter
 * the block, when the way back arrives there. One block's values are held at once, for one forward pass more (gradient
 * checkpointing; Chen et al. 2016, arXiv:1604.06174). Weights are shared: there is one graph. Every number stays the same.
 */
import { sizeOf } from "../../tensor/tensor.ts";
import { NPY_BYTES } from "../../tensor/npyFormat.ts";
import { nodeReads } from "../graph.ts";
import type { GraphBuilder } from "../graphBuilder.ts";
import { withNodeFields } from "../messages.ts";
import type { NodeProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { tensorTypeOf } from "../tensorData.ts";

/** Values below this are held: nothing is gained by making them again. */
const SMALL = 2 ** 16;
/** Blocks beyond which cutting finer is not tried. */
const MOST_BLOCKS = 64;
/** Such nodes say another thing the second time. */
const RANDOM = /^(Random|Multinomial$|Bernoulli$|Dropout$)/;

/** Forward nodes in their order, and which of their values the way back reads. */
export interface ForwardLine {
  readonly nodes: readonly NodeProto[];
  /** What is fed to the graph. */
  readonly fed: Iterable<string>;
  readonly readBack: ReadonlySet<string>;
  readonly shapes: Pick<ShapeTable, "shapes" | "types">;
}

export interface BlockPlan {
  /** Positions of the last node of each block but the last one. */
  readonly cuts: readonly number[];
  /** Held at once, at most: what crosses the cuts, and the largest block. */
  readonly bytes: number;
}

interface Measured {
  /** Position of the node that makes a value, for values that depend on what is fed. */
  readonly madeAt: ReadonlyMap<string, number>;
  /** Position of the last forward node that reads a value. */
  readonly readAt: ReadonlyMap<string, number>;
  readonly moving: ReadonlySet<string>;
  readonly bytesOf: (name: string) => number;
}

function measured({ nodes, fed, shapes }: Omit<ForwardLine, "readBack">): Measured {
  const moving = new Set(fed);
  const madeAt = new Map<string, number>();
  const readAt = new Map<string, number>();
  nodes.forEach((node, i) => {
    const reads = nodeReads(node);
    for (const name of reads) readAt.set(name, i);
    if (!reads.some((name) => moving.has(name))) return;
    for (const name of node.output) {
      moving.add(name);
      madeAt.set(name, i);
    }
  });
  const bytesOf = (name: string): number => {
    const shape = shapes.shapes.get(name);
    const type = tensorTypeOf(shapes.types.get(name) ?? 0);
    return shape && type ? sizeOf(shape) * NPY_BYTES[type] : 0;
  };
  return { madeAt, readAt, moving, bytesOf };
}

/**
 * Where to cut so that the least is held at once.
 * @param mayEnd whether a block may end with the node at this position
 */
export function planBlocks(line: ForwardLine, mayEnd: (position: number) => boolean): BlockPlan {
  const { madeAt, readAt, bytesOf } = measured(line);
  const { length } = line.nodes;
  const crossing = new Float64Array(length + 1);
  const kept = new Float64Array(length);
  for (const [name, from] of madeAt) {
    const bytes = bytesOf(name);
    const to = readAt.get(name) ?? from;
    crossing[from]! += bytes;
    crossing[to]! -= bytes;
    if (line.readBack.has(name)) kept[from]! += bytes;
  }
  for (let i = 1; i < length; i++) crossing[i]! += crossing[i - 1]!;
  const total = kept.reduce((sum, bytes) => sum + bytes, 0);
  let best: BlockPlan = { cuts: [], bytes: total };
  for (let blocks = 2; blocks <= MOST_BLOCKS; blocks++) {
    const plan = cutInto(total / blocks, { crossing, kept, mayEnd });
    if (plan.bytes < best.bytes) best = plan;
  }
  return best;
}

/** Blocks of about so many bytes, each ended where the least crosses. */
function cutInto(
  share: number,
  {
    crossing,
    kept,
    mayEnd,
  }: {
    readonly crossing: Float64Array;
    readonly kept: Float64Array;
    readonly mayEnd: (position: number) => boolean;
  },
): BlockPlan {
  const cuts: number[] = [];
  let [held, largest, inBlock] = [0, 0, 0];
  /** The best end so far, and what the block holds up to there. */
  let end: { readonly at: number; readonly inBlock: number } | undefined;
  for (let i = 0; i < kept.length; i++) {
    inBlock += kept[i]!;
    const isBetter = end === undefined || crossing[i]! <= crossing[end.at]!;
    if (inBlock >= share / 2 && isBetter && mayEnd(i)) end = { at: i, inBlock };
    if (inBlock < 1.5 * share || end === undefined) continue;
    cuts.push(end.at);
    held += crossing[end.at]!;
    largest = Math.max(largest, end.inBlock);
    inBlock -= end.inBlock;
    end = undefined;
  }
  return { cuts, bytes: held + Math.max(largest, inBlock) };
}

export interface Recomputation {
  /** Forward nodes, which stand first in the builder. */
  readonly count: number;
  readonly fed: readonly string[];
  readonly shapes: ShapeTable;
  /** Gradients by the value they belong to. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** Makes a gradient graph that is being built compute its blocks twice. Does nothing where nothing would be gained. */
export function recomputeForward(builder: GraphBuilder, request: Recomputation): void {
  const { count, fed, shapes, gradients } = request;
  const nodes = builder.nodes.slice(0, count);
  let backward = builder.nodes.slice(count);
  if (nodes.some(({ opType }) => RANDOM.test(opType))) return;
  const readBack = new Set(backward.flatMap(nodeReads));
  const line: ForwardLine = { nodes, fed, readBack, shapes };
  const gateOf = (position: number) =>
    nodes[position]!.output.map((name) => gradients.get(name)).find(
      (gradient) => gradient !== undefined,
    );
  const { cuts } = planBlocks(line, (position) => gateOf(position) !== undefined);
  const known = measured(line);
  backward = weightsFirst(backward, known.moving);
  /** Nodes to stand before the first reader of one of their values. */
  const groups = new Map<string, readonly NodeProto[]>();
  const names = new Map<string, string>();
  /** Held, because a block is made again from them. */
  const entering = new Set<string>();
  for (let k = cuts.length - 1; k >= 0; k--) {
    const block = { from: (cuts[k - 1] ?? -1) + 1, to: cuts[k]!, gate: gateOf(cuts[k]!)! };
    const made = again(block, { builder, line, known, entering });
    for (const [name, copy] of made.names) {
      names.set(name, copy);
      groups.set(copy, made.nodes);
    }
  }
  const done = new Set<readonly NodeProto[]>();
  const order = backward.flatMap((node) => {
    if (!node.input.some((name) => names.has(name))) return [node];
    const input = node.input.map((name) => names.get(name) ?? name);
    const before = input.flatMap((name) => {
      const group = groups.get(name);
      if (group === undefined || done.has(group)) return [];
      done.add(group);
      return group;
    });
    return [...before, withNodeFields(node, { input })];
  });
  builder.setNodes([...nodes, ...order]);
}

/**
 * What depends on weights alone, such as a weight in full precision, goes to the front: the runtime works up from the last
 * node and takes of two inputs the one that stands later in the file first, so that such values come when they are read,
 * not all of them before the way back begins.
 */
function weightsFirst(backward: readonly NodeProto[], forward: ReadonlySet<string>): NodeProto[] {
  const moving = new Set(forward);
  const first: NodeProto[] = [];
  const rest: NodeProto[] = [];
  for (const node of backward) {
    if (nodeReads(node).some((name) => moving.has(name))) {
      for (const name of node.output) moving.add(name);
      rest.push(node);
    } else {
      first.push(node);
    }
  }
  return [...first, ...rest];
}

/** A block's nodes once more, begun when the gradient at its end is there; by value, what reads instead. */
function again(
  { from, to, gate }: { readonly from: number; readonly to: number; readonly gate: string },
  {
    builder,
    line: { nodes, readBack, shapes },
    known: { madeAt, readAt, moving, bytesOf },
    entering,
  }: {
    readonly builder: GraphBuilder;
    readonly line: ForwardLine;
    readonly known: Measured;
    readonly entering: Set<string>;
  },
): { readonly nodes: readonly NodeProto[]; readonly names: ReadonlyMap<string, string> } {
  const isInner = (name: string): boolean =>
    (madeAt.get(name) ?? -1) >= from && madeAt.get(name)! <= to && !entering.has(name);
  // What later blocks read is held anyway.
  const wanted = nodes
    .slice(from, to + 1)
    .flatMap(({ output }) => output)
    .filter((name) => readBack.has(name) && isInner(name))
    .filter((name) => (readAt.get(name) ?? -1) <= to && bytesOf(name) >= SMALL);
  const needed = new Set<number>();
  const sources = new Set<string>();
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (!moving.has(name)) continue;
    if (!isInner(name)) {
      sources.add(name);
      continue;
    }
    const position = madeAt.get(name)!;
    if (needed.has(position)) continue;
    needed.add(position);
    open.push(...nodeReads(nodes[position]!));
  }
  const before = builder.nodes.length;
  const names = new Map<string, string>();
  for (const name of sources) {
    entering.add(name);
    const shape = shapes.shapes.get(name);
    // A reshape to its own shape, in which nothing stands but a size that the gradient tells.
    if (shape) names.set(name, builder.add("Reshape", [name, toldBy(builder, gate, shape)]));
  }
  for (const position of [...needed].sort((a, b) => a - b)) {
    const node = nodes[position]!;
    const output = node.output.map((name) => {
      if (name === "") return name;
      const copy = builder.fresh(`${name}/again`);
      names.set(name, copy);
      return copy;
    });
    builder.addNode(
      withNodeFields(node, {
        name: builder.fresh(`${node.name || output[0]}/again`),
        input: node.input.map((name) => names.get(name) ?? name),
        output,
      }),
    );
  }
  const kept = new Set(wanted);
  return {
    nodes: builder.nodes.slice(before),
    names: new Map([...names].filter(([name]) => kept.has(name))),
  };
}

/** `shape` as a value that is known when `gate` is: nothing that reads it can run, or be taken for the first copy, before. */
function toldBy(builder: GraphBuilder, gate: string, shape: readonly number[]): string {
  return builder.add("Add", [builder.ints(shape), nothingOf(builder, gate)]);
}

/** [0], by way of the shape of a value. */
function nothingOf(builder: GraphBuilder, name: string): string {
  const sizes = builder.add("Shape", [name]);
  return builder.reduceSum(builder.add("Sub", [sizes, sizes]), [0], true);
}
