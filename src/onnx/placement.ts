/**
 * Where the keys of an attention map lie on the image: all tokens of the image in order, or tokens that were rolled,
 * padded and cut into windows (Swin) first. Windows are not recognised by their form: what the graph itself does to
 * the tokens before it projects them is run on numbered places.
 */
import type { Tensor } from "../tensor/tensor.ts";
import { floatTensor, sizeOf } from "../tensor/tensor.ts";
import { cutGraph } from "./edit/cut.ts";
import { isOp } from "./elementTypes.ts";
import { GraphView } from "./graph.ts";
import type { GraphRunner } from "./graph.ts";
import type { PreparedGraph } from "./inline.ts";
import { ELEMENT_TYPE } from "./messages.ts";
import { serializeModel } from "./file.ts";
import type { ShapeTable } from "./shapes.ts";
import { isComputed, sourceOf, valuesOf } from "./taps.ts";
import type { AttentionTap, TokenGrid } from "./taps.ts";
import { tokenGrid } from "./taps.ts";

export interface PlacedTap {
  readonly tap: AttentionTap;
  /** "pool": few queries that gather all tokens of the image, as a class token or a pooling head does. */
  readonly kind: "self" | "pool";
  readonly rows: number;
  readonly columns: number;
  /** Whether every query sees the whole image. */
  readonly isGlobal: boolean;
  /** [batch, keys]: place on the grid, row by row; -1 for special tokens and padding. */
  readonly cells: Int32Array;
}

/** Operators that carry tokens elsewhere and change none. */
const MOVEMENT = [
  "Cast",
  "Concat",
  "DepthToSpace",
  "Flatten",
  "Gather",
  "GatherElements",
  "GatherND",
  "Identity",
  "Pad",
  "Reshape",
  "Slice",
  "SpaceToDepth",
  "Split",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
];
/** Steps back from a projection before giving up: window partition after two rolls takes about ten. */
const FARTHEST = 40;

/**
 * Places the keys of each attention map that has a place; the others are left out.
 * @param grid the tokens of the whole image, as the encoder puts them out.
 */
export async function placeTaps(
  { model, shapes }: PreparedGraph,
  taps: readonly AttentionTap[],
  grid: TokenGrid | undefined,
  run: GraphRunner,
): Promise<PlacedTap[]> {
  const view = new GraphView(model);
  const placed: PlacedTap[] = [];
  for (const tap of taps) {
    const found = placeWhole(tap, grid) ?? (await placeWindows(view, shapes, tap, run));
    if (found) placed.push(found);
  }
  return placed;
}

/** One image whose tokens are the grid's, with special tokens in front. */
function placeWhole(tap: AttentionTap, grid: TokenGrid | undefined): PlacedTap | undefined {
  const [queries = 0, keys = 0] = tap.shape.slice(-2);
  // Rank 3 has its heads where the batch of the one image was folded into them.
  const isOne = tap.shape.length === 3 || (tap.shape.length === 4 && tap.shape[0] === 1);
  if (!grid || !isOne) return undefined;
  const { rows, columns, prefix } = grid;
  const patches = rows * columns;
  // A pooling head may see the tokens without the special ones.
  if (keys !== patches && keys !== patches + prefix) return undefined;
  const isPool = queries !== keys;
  if (isPool && queries > 1 + prefix) return undefined;
  const cells = Int32Array.from({ length: keys }, (_, key) => Math.max(-1, key - keys + patches));
  return { tap, kind: isPool ? "pool" : "self", rows, columns, isGlobal: true, cells };
}

async function placeWindows(
  view: GraphView,
  shapes: ShapeTable,
  tap: AttentionTap,
  run: GraphRunner,
): Promise<PlacedTap | undefined> {
  const [windows = 0, , queries, keys = 0] = tap.shape;
  if (tap.shape.length !== 4 || queries !== keys) return undefined;
  const values = valuesOf(view, tap.name);
  const cut = values === undefined ? undefined : sourceOf(view, values, FARTHEST);
  const way = cut === undefined ? undefined : beforeMovement(view, shapes, cut);
  const shape = shapes.shapes.get(way?.source ?? "");
  const cutShape = shapes.shapes.get(cut ?? "");
  if (cut === undefined || way === undefined || !shape || !cutShape) return undefined;
  const channels = cutShape.at(-1)!;
  if (sizeOf(cutShape) !== windows * keys * channels || shape[0] !== 1) return undefined;
  const stage = stageGrid(shape, channels);
  if (!stage) return undefined;
  const numbered = await moved({ model: view.model, shapes }, { ...way, cut }, stage, run).catch(
    () => undefined,
  );
  if (!numbered) return undefined;
  const cells = Int32Array.from({ length: windows * keys }, (_, i) => numbered[i * channels]! - 1);
  const { rows, columns } = stage;
  if (!isEachPlaceOnce(cells, rows * columns)) return undefined;
  return { tap, kind: "self", rows, columns, isGlobal: windows === 1, cells };
}

interface Way {
  readonly source: string;
  /** Known targets, bounds and axes on the way, which the graph would compute from the image's shape. */
  readonly steering: ReadonlySet<string>;
}

/** The way from the one value that movement alone turns into `name`; undefined when several values go into it. */
function beforeMovement(view: GraphView, shapes: ShapeTable, name: string): Way | undefined {
  const order = new Map(view.nodes.map((node, index) => [node, index]));
  const frontier = new Set([name]);
  const steering = new Set<string>();
  for (let step = 0; step < FARTHEST; step++) {
    let latest: string | undefined;
    let at = -1;
    for (const value of frontier) {
      const node = view.producer(value);
      const index = node && isOp(node, ...MOVEMENT) ? order.get(node)! : -1;
      if (index > at) [latest, at] = [value, index];
    }
    if (latest === undefined) break;
    const node = view.producer(latest)!;
    frontier.delete(latest);
    const data = isOp(node, "Concat") ? node.input : node.input.slice(0, 1);
    for (const input of data) if (isComputed(view, input)) frontier.add(input);
    for (const input of node.input) if (shapes.values.has(input)) steering.add(input);
  }
  const [source] = frontier;
  return frontier.size === 1 && source !== undefined ? { source, steering } : undefined;
}

interface Stage {
  readonly rows: number;
  readonly columns: number;
  readonly isChannelsLast: boolean;
}

/** Tokens [1, L, C], or a map [1, H, W, C] or [1, C, H, W]. */
function stageGrid(shape: readonly number[], channels: number): Stage | undefined {
  const isChannelsLast = shape.at(-1) === channels;
  if (shape.length === 3 && isChannelsLast) {
    const grid = tokenGrid(shape[1]!);
    return grid?.prefix === 0 ? { ...grid, isChannelsLast } : undefined;
  }
  if (shape.length !== 4) return undefined;
  if (isChannelsLast) return { rows: shape[1]!, columns: shape[2]!, isChannelsLast };
  if (shape[1] !== channels) return undefined;
  return { rows: shape[2]!, columns: shape[3]!, isChannelsLast };
}

/** The graph's way from `source` to `cut`, run on places numbered from 1: what it pads with stays 0. */
async function moved(
  { model, shapes }: PreparedGraph,
  { source, steering, cut }: Way & { readonly cut: string },
  { rows, columns, isChannelsLast }: Stage,
  run: GraphRunner,
): Promise<ArrayLike<number>> {
  const shape = shapes.shapes.get(source)!;
  const places = rows * columns;
  const channels = sizeOf(shape) / places;
  const numbers = new Float32Array(places * channels);
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = 1 + (isChannelsLast ? Math.floor(i / channels) : i % places);
  }
  if (source === cut) return numbers;
  const feeds: Record<string, Tensor> = { [source]: floatTensor(numbers, shape) };
  for (const name of steering) feeds[name] = shapes.values.get(name)!;
  const inputs = Object.entries(feeds).map(([name, { shape: dims }]) => ({
    name,
    dims,
    elementType: name === source ? ELEMENT_TYPE.float32 : shapes.types.get(name)!,
  }));
  const part = cutGraph(model, [cut], inputs);
  const results = await run(serializeModel(part), feeds);
  return results[cut]!.data as ArrayLike<number>;
}

function isEachPlaceOnce(cells: Int32Array, places: number): boolean {
  const seen = new Uint8Array(places);
  let count = 0;
  for (const cell of cells) {
    if (cell < -1 || cell >= places || seen[cell] === 1) return false;
    if (cell >= 0) {
      seen[cell] = 1;
      count++;
    }
  }
  return count === places;
}
