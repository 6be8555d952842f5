/** A vision encoder that takes the lab's grey picture: what its own processor does with the pixels becomes nodes. */
import { LabError } from "../../errors/labError.ts";
import { pillowMatrix } from "../../image/pillow.ts";
import { preparePixels } from "../../onnx/edit/encoderFace.ts";
import { renameNode } from "../../onnx/edit/rewire.ts";
import { GraphView } from "../../onnx/graph.ts";
import { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE, declaredDims, elementTypeOf, graphOf } from "../../onnx/messages.ts";
import type { ModelProto, ValueInfoProto } from "../../onnx/messages.ts";
import { protoFromTensor, tensorTypeOf } from "../../onnx/tensorData.ts";
import { floatTensor, int64Tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FolderFiles } from "./modelFiles.ts";
import type { PixelForm } from "./pixelForm.ts";

/** Name of the picture [1, 1, S, S], grey in [0, 1]. */
export const GRAY_INPUT = "grey_picture";

const CHANNELS = 3;

/**
 * The graph with `pixel_values` computed from a grey picture: cut as its processor cuts it, repeated over three channels, scaled and
 * normalised. Other inputs that the picture's form settles (a mask of real pixels, the grid of patches) become constants.
 * @throws LabError "model-unsupported" for an encoder that wants pixels in another form
 */
export function withGrayPicture(
  model: ModelProto,
  { preprocessing, pixels: form }: Pick<FolderFiles, "preprocessing" | "pixels">,
): ModelProto {
  const view = new GraphView(model);
  const info = view.input("pixel_values");
  const rank = info === undefined ? undefined : declaredDims(info)?.length;
  if (info === undefined || rank === undefined || !RANKS[form.kind].includes(rank)) {
    throw new LabError(
      "model-unsupported",
      `The vision graph takes ${view.inputs.map(described).join(", ")}; the lab gives this family pixel_values ${SHAPES[form.kind]}.`,
    );
  }
  const b = new GraphBuilder(model);
  const pixels = b.fresh("pixel_values/prepared");
  const graph = graphOf(model);
  b.setNodes(
    graph.node.map((node) => renameNode(node, (name) => (name === info.name ? pixels : name), "")),
  );
  const settled = new Map(
    graph.input.flatMap((each) => {
      const value = settledInput(each, form);
      return value === undefined ? [] : [[each.name, value] as const];
    }),
  );
  b.setInputs(graph.input.filter(({ name }) => name !== info.name && !settled.has(name)));
  for (const [name, value] of settled) b.addInitializer(protoFromTensor(name, value));
  const image = b.addInput(GRAY_INPUT, ELEMENT_TYPE.float32, [1, 1, form.size, form.size]);
  const { mean = [0], std = [1], range = [0, 1] } = preprocessing;
  const wanted = {
    channels: CHANNELS,
    layout: "NCHW",
    range,
    mean,
    std,
    type: elementTypeOf(info),
    batch: 1,
  } as const;
  if (form.kind === "whole") preparePixels(b, image, pixels, wanted);
  else {
    const normalized = b.fresh("pixel_values/normalised");
    preparePixels(b, form.kind === "tiles" ? tilesOf(b, image, form) : image, normalized, wanted);
    if (form.kind === "patches")
      b.add("Identity", [patchesOf(b, normalized, form)], { outputs: [pixels] });
    else if (rank === 5) b.add("Unsqueeze", [normalized, b.ints([0])], { outputs: [pixels] });
    else b.add("Identity", [normalized], { outputs: [pixels] });
  }
  return b.build();
}

const RANKS: Readonly<Record<PixelForm["kind"], readonly number[]>> = {
  whole: [4],
  tiles: [4, 5],
  patches: [2],
};
const SHAPES: Readonly<Record<PixelForm["kind"], string>> = {
  whole: "[1, 3, height, width] alone",
  tiles: "[1, tiles, 3, height, width] with pixel_attention_mask",
  patches: "[patches, numbers] with image_grid_thw",
};

function described(info: ValueInfoProto): string {
  return `${info.name} [${(declaredDims(info) ?? []).join(", ")}]`;
}

/** What an input beside the pixels holds for every picture of this form; undefined for one that is not known. */
function settledInput(info: ValueInfoProto, form: PixelForm): Tensor | undefined {
  if (form.kind === "patches" && ["image_grid_thw", "grid_thw"].includes(info.name)) {
    const cells = form.size / form.patch;
    return int64Tensor([1, cells, cells], [1, 3]);
  }
  if (form.kind !== "tiles" || info.name !== "pixel_attention_mask") return undefined;
  const shape = [1, form.across ** 2 + 1, form.tile, form.tile];
  const dims = declaredDims(info)?.length === 3 ? shape.slice(1) : shape;
  const count = dims.reduce((product, n) => product * n, 1);
  return tensorTypeOf(elementTypeOf(info)) === "bool"
    ? { dtype: "bool", shape: dims, data: new Uint8Array(count).fill(1) }
    : int64Tensor(Array<number>(count).fill(1), dims);
}

/** Tiles row by row and the whole picture made as small as one, [n, 1, tile, tile]. */
function tilesOf(
  b: GraphBuilder,
  image: string,
  { size, tile, across }: Extract<PixelForm, { kind: "tiles" }>,
): string {
  if (across === 0) return image;
  const cells = b.reshape(image, [across, tile, across, tile]);
  const rows = b.add("Transpose", [cells], { attributes: { perm: { ints: [0, 2, 1, 3] } } });
  const cut = b.reshape(rows, [across ** 2, 1, tile, tile]);
  // As Pillow shrinks it: rows of weights along both axes, cut off at black and white.
  const matrix = pillowMatrix(size, tile, "lanczos");
  const down = b.constant(floatTensor(matrix, [1, 1, tile, size]));
  const turned = b.add("Transpose", [down], { attributes: { perm: { ints: [0, 1, 3, 2] } } });
  const small = b.add("MatMul", [b.add("MatMul", [down, image]), turned]);
  const whole = b.add("Clip", [small, b.float(0), b.float(1)]);
  return b.add("Concat", [cut, whole], { attributes: { axis: { int: 0 } } });
}

/** Patches [n, channels * frames * patch * patch], those that are merged next to each other. */
function patchesOf(
  b: GraphBuilder,
  normalized: string,
  { size, patch, merge, frames }: Extract<PixelForm, { kind: "patches" }>,
): string {
  const cells = size / patch;
  const blocks = cells / merge;
  const apart = b.reshape(normalized, [CHANNELS, blocks, merge, patch, blocks, merge, patch]);
  const turned = b.add("Transpose", [apart], {
    attributes: { perm: { ints: [1, 4, 2, 5, 0, 3, 6] } },
  });
  const one = b.reshape(turned, [cells ** 2, CHANNELS, 1, patch, patch]);
  const all = b.add("Concat", Array<string>(frames).fill(one), {
    attributes: { axis: { int: 2 } },
  });
  return b.reshape(all, [cells ** 2, CHANNELS * frames * patch * patch]);
}
