/** How a graph takes its picture: layout, channels, side and number, and the graph prepared for one such picture. */
import { LabError } from "../../errors/labError.ts";
import { isOp } from "../../onnx/elementTypes.ts";
import { GraphView } from "../../onnx/graph.ts";
import type { GraphRunner } from "../../onnx/graph.ts";
import { prepareGraph } from "../../onnx/inline.ts";
import type { PreparedGraph } from "../../onnx/inline.ts";
import { declaredDims } from "../../onnx/messages.ts";
import type { ValueInfoProto } from "../../onnx/messages.ts";
import { tokenGrid } from "../../onnx/taps.ts";

/** Sizes tried where the graph leaves height and width open, likeliest first. */
const SIZES = [224, 256, 384, 336, 448, 512, 518, 240, 192, 160, 128, 96, 64, 32];

export interface ImageForm {
  readonly name: string;
  readonly layout: "NCHW" | "NHWC";
  readonly channels: 1 | 3;
  /** Declared side; undefined where the graph leaves it open. */
  readonly fixed: number | undefined;
  /** Declared number of pictures; 1 where it is open. */
  readonly batch: number;
}

/** Layout and channels, and the declared size where there is one. */
export function imageForm(view: GraphView, image: ValueInfoProto): ImageForm {
  const dims = (declaredDims(image) ?? ["?", "?", "?", "?"]).map((dim) =>
    typeof dim === "number" && dim > 0 ? dim : "?",
  );
  const isChannels = (dim: number | string | undefined): dim is 1 | 3 => dim === 1 || dim === 3;
  const isLast =
    !isChannels(dims[1]) && (isChannels(dims[3]) || isTurned(view, image.name, [0, 3, 1, 2]));
  const layout = isLast ? "NHWC" : "NCHW";
  const declared = layout === "NHWC" ? dims[3] : dims[1];
  const channels = isChannels(declared) ? declared : (channelsOfFirstConv(view) ?? 3);
  if (typeof declared === "number" && !isChannels(declared)) {
    throw new LabError(
      "model-incompatible",
      `The model takes images of ${declared} channels; the lab has grey pictures for 1 or 3.`,
    );
  }
  const [height, width] = layout === "NHWC" ? [dims[1], dims[2]] : [dims[2], dims[3]];
  if (typeof height === "number" && typeof width === "number" && height !== width) {
    throw new LabError(
      "model-incompatible",
      `The model takes pictures of ${height} x ${width}; the lab's are square.`,
    );
  }
  const fixed = [height, width].find((dim) => typeof dim === "number");
  const batch = typeof dims[0] === "number" ? dims[0] : 1;
  return { name: image.name, layout, channels, fixed, batch };
}

/** Whether the graph first turns its input to channels first: an open input that does comes with channels last. */
function isTurned(view: GraphView, image: string, perm: readonly number[]): boolean {
  const nodes = [image];
  for (const name of nodes) {
    for (const node of view.consumers(name)) {
      if (isOp(node, "Transpose")) {
        return node.attribute.find(({ name: key }) => key === "perm")?.ints.join() === perm.join();
      }
      if (isOp(node, "Cast", "Identity", "Mul", "Div", "Sub", "Add")) nodes.push(...node.output);
    }
  }
  return false;
}

function channelsOfFirstConv(view: GraphView): 1 | 3 | undefined {
  const conv = view.nodes.find((node) => isOp(node, "Conv"));
  const weight = view.initializer(conv?.input[1] ?? "");
  const channels = Number(weight?.dims[1] ?? 0);
  return channels === 1 || channels === 3 ? channels : undefined;
}

export async function prepareAtSize(
  view: GraphView,
  runner: GraphRunner,
  form: ImageForm,
  hint: number | undefined,
): Promise<{ readonly size: number; readonly prepared: PreparedGraph }> {
  const { fixed } = form;
  const open = [...(hint === undefined ? [] : [hint]), ...sizesOfPositions(view), ...SIZES];
  let failure: unknown;
  for (const size of fixed === undefined ? open : [fixed]) {
    const shapes = { [form.name]: imageShape(form, size) };
    try {
      return { size, prepared: await prepareGraph(view.model, runner, { shapes }) };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** Shape of the graph's own input at a side in pixels. */
export function imageShape(
  { layout, channels, batch }: Pick<ImageForm, "layout" | "channels" | "batch">,
  size: number,
): number[] {
  return layout === "NHWC" ? [batch, size, size, channels] : [batch, channels, size, size];
}

/** Sizes at which stored position embeddings fit: patch size times the side of their grid. */
function sizesOfPositions(view: GraphView): number[] {
  const conv = view.nodes.find((node) => isOp(node, "Conv"));
  const patch = Number(view.initializer(conv?.input[1] ?? "")?.dims.at(-1) ?? 0);
  const stride = conv?.attribute.find(({ name }) => name === "strides")?.ints[0];
  if (patch < 2 || Number(stride) !== patch) return [];
  const sides = new Set<number>();
  for (const { name, dims } of view.graph.initializer) {
    const rows = Number(dims.at(-2) ?? 0n);
    const hasForm = dims.length === 2 || (dims.length === 3 && dims[0] === 1n);
    // Weights of products have such forms too, and tables of relative positions are as narrow as there are heads.
    const isTable =
      hasForm &&
      Number(dims.at(-1)) > 24 &&
      view
        .consumers(name)
        .every((node) => !isOp(node, "MatMul", "Gemm", "Conv", "Transpose", "DequantizeLinear"));
    const grid = isTable && rows > 4 && rows < 8192 ? tokenGrid(rows) : undefined;
    if (grid && grid.prefix <= 6 && grid.rows > 1) sides.add(grid.rows * patch);
  }
  return [...sides].filter((size) => size >= 16 && size <= 1024).sort((a, b) => b - a);
}
