/** Places inside a transformer whose values can be read or replaced: its residual stream after each block, and each attention's parts. */
import { isOp } from "./elementTypes.ts";
import { nodeReads } from "./graph.ts";
import type { GraphView } from "./graph.ts";
import { ELEMENT_TYPE } from "./messages.ts";
import type { NodeProto } from "./messages.ts";
import type { ShapeTable } from "./shapes.ts";
import { attentionParts, findAttentionTaps, isComputed } from "./taps.ts";

/** What a block adds to the stream; "stem" is the stream's beginning. */
export type BlockKind = "stem" | "convolution" | "attention" | "crossAttention" | "mlp";

export interface StateSite {
  /** Name of the value in its graph. */
  readonly name: string;
  /** "stream": the residual stream after the block; the others are an attention's parts, by head. */
  readonly role: "stream" | "query" | "key" | "value" | "output";
  readonly block: BlockKind;
  /** Position among the blocks of its kind. */
  readonly index: number;
  /** "stream": [1, T, D]; the others have their heads on axis 1. */
  readonly shape: readonly number[];
  /** 1 for the stream. */
  readonly heads: number;
}

/**
 * All sites of a graph in the order of computation; float32 values only.
 * @throws LabError "graph-fused-attention" when the graph has fused attention
 */
export function findStateSites(
  view: GraphView,
  whole: ShapeTable,
  precisions: readonly number[] = [ELEMENT_TYPE.float32],
): readonly StateSite[] {
  const table = { ...whole, precisions };
  const taps = new Map(findAttentionTaps(view, table).map((tap) => [tap.name, tap]));
  const stream = new Set<string>();
  // What was made of some stream: a sum of other values begins the stream of a tower of its own.
  const after = new Set<string>();
  const counts: Record<BlockKind, number> = {
    stem: 0,
    convolution: 0,
    attention: 0,
    crossAttention: 0,
    mlp: 0,
  };
  const sites: StateSite[] = [];
  for (const node of view.nodes) {
    const isAfter = nodeReads(node).some((name) => stream.has(name) || after.has(name));
    if (isAfter) for (const name of node.output) after.add(name);
    const added = residualAdd(view, table, node, { stream, isAfter });
    if (!added) continue;
    const { branch, shape, start } = added;
    if (start !== undefined) {
      stream.add(start);
      const index = counts.stem++;
      if (isFloat(table, start)) {
        sites.push({ name: start, role: "stream", block: "stem", index, shape, heads: 1 });
      }
    }
    const behind = branch === undefined ? undefined : branchParts(view, branch, stream);
    const tap = behind?.values.map((name) => taps.get(name)).find((found) => found !== undefined);
    const block = behind === undefined ? "stem" : kindOf(tap?.kind, behind.hasConvolution);
    const index = counts[block]++;
    if (tap) {
      const parts = attentionParts(view, tap);
      for (const role of ["query", "key", "value", "output"] as const) {
        const name = parts?.[role];
        const inner = name === undefined ? undefined : table.shapes.get(name);
        if (name === undefined || inner?.length !== 4 || !isFloat(table, name)) continue;
        sites.push({ name, role, block, index, shape: inner, heads: inner[1]! });
      }
    }
    const [name = ""] = node.output;
    stream.add(name);
    sites.push({ name, role: "stream", block, index, shape, heads: 1 });
  }
  return sites;
}

function kindOf(tap: "self" | "cross" | undefined, hasConvolution: boolean): BlockKind {
  if (tap === "cross") return "crossAttention";
  if (tap === "self") return "attention";
  return hasConvolution ? "convolution" : "mlp";
}

/** Shapes and types, and which of these a state may have. */
interface Table extends ShapeTable {
  readonly precisions: readonly number[];
}

function isFloat({ types, precisions }: Table, name: string): boolean {
  return precisions.includes(types.get(name)!);
}

interface ResidualAdd {
  /** Absent where two parts begin the stream. */
  readonly branch?: string;
  readonly shape: readonly number[];
  /** Where the stream began before this sum: patches with their places, for example. */
  readonly start?: string;
}

/** The sum of the stream and a branch of it, or of two parts that begin the stream. */
function residualAdd(
  view: GraphView,
  table: Table,
  node: NodeProto,
  { stream, isAfter }: { readonly stream: ReadonlySet<string>; readonly isAfter: boolean },
): ResidualAdd | undefined {
  const [left = "", right = ""] = node.input;
  const [output = ""] = node.output;
  if (!isOp(node, "Add") || !isFloat(table, output)) return undefined;
  if (!isComputed(view, left) || !isComputed(view, right)) return undefined;
  const [shape = [], a = [], b = []] = [output, left, right].map((name) => table.shapes.get(name));
  if (shape.length !== 3 || String(a) !== String(b)) return undefined;
  if (stream.has(unchanged(view, left))) return { branch: right, shape };
  if (stream.has(unchanged(view, right))) return { branch: left, shape };
  if (isAfter) return undefined;
  const comesFrom = (value: string, source: string) =>
    branchParts(view, value, new Set()).values.includes(source);
  const [first, second] = [unchanged(view, left), unchanged(view, right)];
  if (comesFrom(right, first)) return { start: first, branch: right, shape };
  if (comesFrom(left, second)) return { start: second, branch: left, shape };
  return { shape };
}

/** The value that a cast or a copy has from: traced models bring the stream to the type it already has. */
function unchanged(view: GraphView, name: string): string {
  const node = view.producer(name);
  return node && isOp(node, "Cast", "Identity", "Dropout")
    ? unchanged(view, node.input[0] ?? "")
    : name;
}

/** What stands between the stream and what is added to it. */
function branchParts(view: GraphView, branch: string, stream: ReadonlySet<string>) {
  const seen = new Set<string>();
  const open = [branch];
  let hasConvolution = false;
  while (open.length > 0) {
    const name = open.pop()!;
    if (seen.has(name) || stream.has(name) || !isComputed(view, name)) continue;
    seen.add(name);
    const node = view.producer(name);
    if (!node) continue;
    hasConvolution ||= isOp(node, "Conv");
    open.push(...node.input);
  }
  return { values: [...seen], hasConvolution };
}
