/**
 * One face for all image encoders: a grey picture [1, 1, S, S] in [0, 1] in, a unit-norm embedding [1, E] and tokens
 * [1, T, D] out. What an encoder wants of its pixels (channels, range, mean, layout, element type) becomes nodes of the
 * graph, so that gradients arrive in the space the lab states its norms in.
 */
import { LabError } from "../../errors/labError.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import { GraphView } from "../graph.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, elementTypeOf, graphOf, makeValueInfo } from "../messages.ts";
import type { ModelProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { renameNode } from "./rewire.ts";

export interface EncoderFace {
  readonly input: string;
  /** Height and width of the picture the encoder takes. */
  readonly size: number;
  readonly channels: 1 | 3;
  readonly layout: "NCHW" | "NHWC";
  /** What grey 0 and 1 become before mean and std are applied. */
  readonly range: readonly [number, number];
  /** One entry per channel, or one for all. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Output that becomes the embedding: [1, E], or tokens or a feature map of E channels, averaged over places. */
  readonly embedding: string;
  /** Output that becomes the tokens: [1, T, D] or a feature map; the embedding as one token when absent. */
  readonly tokens?: string | undefined;
  /** Where outputs have their channels, by name; maps [1, C, h, w] first and tokens [1, T, C] last when not said. */
  readonly axes?: Readonly<Record<string, "channels-first" | "channels-last">> | undefined;
}

/** Names of the face. */
export const FACE = { image: "grey_image", embedding: "unit_embedding", tokens: "face_tokens" };

/** The encoder with the lab's face, and the shape of its tokens. */
export interface FacedEncoder {
  readonly model: ModelProto;
  readonly tokens: readonly [number, number, number];
}

/**
 * @param shapes of the model's values at the face's size
 * @throws LabError "model-incompatible" for outputs of another rank, "graph-invalid" for unknown names
 */
export function withEncoderFace(
  model: ModelProto,
  shapes: ShapeTable,
  face: EncoderFace,
): FacedEncoder {
  const view = new GraphView(model);
  const info = view.input(face.input);
  if (!info || view.inputs.length !== 1) {
    throw new LabError(
      "model-incompatible",
      `The encoder must have one input, the image, and has ${view.inputs.length} (${view.inputs.map(({ name }) => name).join(", ")}).`,
      { hint: "Export the vision part alone." },
    );
  }
  const graph = graphOf(model);
  const b = new GraphBuilder(model);
  for (const name of Object.values(FACE)) {
    if (b.isTaken(name)) {
      throw new LabError("graph-invalid", `The graph already has a value named "${name}".`);
    }
  }
  const pixels = b.fresh(`${face.input}/prepared`);
  b.setNodes(
    graph.node.map((node) => renameNode(node, (n) => (n === face.input ? pixels : n), "")),
  );
  b.setInputs(graph.input.filter(({ name }) => name !== face.input));
  const image = b.addInput(FACE.image, ELEMENT_TYPE.float32, [1, 1, face.size, face.size]);
  const batch = shapes.shapes.get(face.input)?.[0] ?? 1;
  preparePixels(b, image, pixels, { ...face, type: elementTypeOf(info), batch });

  const rename = (name: string): string => (name === face.input ? pixels : name);
  const float = (name: string): string => {
    const type = shapes.types.get(name) ?? ELEMENT_TYPE.float32;
    return type === ELEMENT_TYPE.float32
      ? rename(name)
      : cast(b, rename(name), ELEMENT_TYPE.float32);
  };
  // A graph that takes no fewer than `batch` pictures is given one as often; the first is read.
  const rowsOf = (name: string): Rows => {
    const [all = 1, ...rest] = shapeOf(shapes, name);
    const value = float(name);
    const one = batch > 1 && all === batch ? firstOf(b, value) : value;
    return tokenRows(b, one, [all === batch ? 1 : all, ...rest], face.axes?.[name]);
  };
  const rows = rowsOf(face.embedding);
  const pooled =
    rows.count === 1
      ? b.reshape(rows.name, [1, rows.width])
      : b.add("Mul", [b.reduceSum(rows.name, [1], false), b.float(1 / rows.count)]);
  const squares = b.reduceSum(b.add("Mul", [pooled, pooled]), [1], true);
  const norm = b.add("Sqrt", [b.add("Add", [squares, b.float(1e-24)])]);
  b.add("Div", [pooled, norm], { outputs: [FACE.embedding] });
  const tokens =
    face.tokens === undefined || face.tokens === face.embedding ? rows : rowsOf(face.tokens);
  b.add("Identity", [tokens.name], { outputs: [FACE.tokens] });
  b.setOutputs([
    makeValueInfo(FACE.embedding, ELEMENT_TYPE.float32, [1, rows.width]),
    makeValueInfo(FACE.tokens, ELEMENT_TYPE.float32),
  ]);
  return { model: b.build(), tokens: [1, tokens.count, tokens.width] };
}

/** (range * grey - mean) / std per channel, in the encoder's own layout, element type and number of pictures. */
export function preparePixels(
  b: GraphBuilder,
  image: string,
  output: string,
  wanted: Pick<EncoderFace, "channels" | "layout" | "range" | "mean" | "std"> & {
    readonly type: number;
    readonly batch: number;
  },
): void {
  const { channels, layout, range, mean, std, type, batch } = wanted;
  const [low, high] = range;
  const of = (list: readonly number[], c: number): number => list[c] ?? list[0] ?? 0;
  const each = (f: (c: number) => number): string =>
    b.constant(
      floatTensor(
        Float32Array.from({ length: channels }, (_, c) => f(c)),
        [1, channels, 1, 1],
      ),
    );
  const factor = each((c) => (high - low) / of(std, c));
  const shift = each((c) => (low - of(mean, c)) / of(std, c));
  let x = b.add("Add", [b.add("Mul", [image, factor]), shift]);
  if (layout === "NHWC") {
    x = b.add("Transpose", [x], { attributes: { perm: { ints: [0, 2, 3, 1] } } });
  }
  if (batch > 1) x = b.add("Expand", [x, b.ints([batch, 1, 1, 1])]);
  const bounds = WHOLE_BOUNDS.get(type);
  if (bounds) {
    // What is cast to whole numbers loses its fraction and wraps round beyond its range.
    x = b.add("Clip", [b.add("Round", [x]), b.float(bounds[0]), b.float(bounds[1])]);
  }
  b.add(type === ELEMENT_TYPE.float32 ? "Identity" : "Cast", [x], {
    outputs: [output],
    ...(type === ELEMENT_TYPE.float32 ? {} : { attributes: { to: { int: type } } }),
  });
}

/** Least and greatest of the whole-number types that pixels come in. */
const WHOLE_BOUNDS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [ELEMENT_TYPE.uint8, [0, 255]],
  [ELEMENT_TYPE.int8, [-128, 127]],
  [ELEMENT_TYPE.uint16, [0, 65_535]],
  [ELEMENT_TYPE.int16, [-32_768, 32_767]],
  [ELEMENT_TYPE.int32, [-(2 ** 24), 2 ** 24]],
  [ELEMENT_TYPE.int64, [-(2 ** 24), 2 ** 24]],
]);

/** The first picture's part of a value of several. */
function firstOf(b: GraphBuilder, name: string): string {
  return b.add("Slice", [name, b.ints([0]), b.ints([1]), b.ints([0])]);
}

interface Rows {
  readonly name: string;
  readonly count: number;
  readonly width: number;
}

/** A value as rows [1, count, width]. */
function tokenRows(
  b: GraphBuilder,
  name: string,
  shape: readonly number[],
  axes: "channels-first" | "channels-last" = shape.length === 4
    ? "channels-first"
    : "channels-last",
): Rows {
  const [batch, ...inner] = shape;
  if (batch === 1 && inner.length >= 1 && inner.length <= 3) {
    const isFirst = axes === "channels-first" && inner.length > 1;
    const width = isFirst ? inner[0]! : inner.at(-1)!;
    const count = inner.reduce((product, dim) => product * dim, 1) / width;
    if (!isFirst) {
      return { name: inner.length === 2 ? name : b.reshape(name, [1, count, width]), count, width };
    }
    const flat = inner.length === 2 ? name : b.reshape(name, [1, width, count]);
    const turned = b.add("Transpose", [flat], { attributes: { perm: { ints: [0, 2, 1] } } });
    return { name: turned, count, width };
  }
  throw new LabError(
    "model-incompatible",
    `The output "${name}" has shape [${shape.join(", ")}], which is no embedding, tokens or feature map of one image.`,
  );
}

function shapeOf(shapes: ShapeTable, name: string): readonly number[] {
  const shape = shapes.shapes.get(name);
  if (shape) return shape;
  throw new LabError("graph-invalid", `The graph has no value named "${name}".`);
}

function cast(b: GraphBuilder, x: string, type: number): string {
  return b.add("Cast", [x], { attributes: { to: { int: type } } });
}
