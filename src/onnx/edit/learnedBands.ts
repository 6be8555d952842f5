/**
 * Frequency modules with learned weights (see bands.ts): each channel of each layer has its own s and t, and a small network may
 * add to all of a layer's what it makes of the picture's wavelet statistics. A scale is an input; at 0 the graph is what it was.
 */
import { LabError } from "../../errors/labError.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { GraphBuilder } from "../graphBuilder.ts";
import { ELEMENT_TYPE, graphOf } from "../messages.ts";
import type { ModelProto } from "../messages.ts";
import type { ShapeTable } from "../shapes.ts";
import { addModules, bandSites } from "./bands.ts";
import type { BandGains, TokenBands } from "./bands.ts";

/** float32 scalar input of `withLearnedBands`. */
export const LEARNED_SCALE_INPUT = "band_scale";

export interface LearnedWeights {
  /** Of each attention s and t, [channels], heads one after the other. */
  readonly layers: readonly { readonly low: FloatTensor; readonly high: FloatTensor }[];
  readonly perPicture?: PictureNetwork;
}

/** gains tanh(hidden x + b) + c of a picture's 12 statistics: of layer i the numbers 2 i (added to s) and 2 i + 1 (to t). */
export interface PictureNetwork {
  readonly hidden: Linear;
  readonly gains: Linear;
}

export interface Linear {
  /** [out, in] */
  readonly weight: FloatTensor;
  readonly bias: FloatTensor;
}

export interface LearnedBands extends TokenBands {
  readonly weights: LearnedWeights;
}

/** Haar's filters, each over 2 x 2 pixels: means, then differences of rows, of columns and across. */
const HAAR = [
  [0.5, 0.5, 0.5, 0.5],
  [0.5, 0.5, -0.5, -0.5],
  [0.5, -0.5, 0.5, -0.5],
  [0.5, -0.5, -0.5, 0.5],
] as const;
const LEVELS = 2;
/** Added to a variance before its logarithm, as in training. */
const FLOOR = 1e-6;

/**
 * @param table shapes of the model's values
 * @throws LabError "model-incompatible" for a graph without such attentions, or weights that are not theirs
 */
export function withLearnedBands(
  model: ModelProto,
  bands: LearnedBands,
  table: ShapeTable,
): ModelProto {
  const { layers, perPicture } = bands.weights;
  const sites = bandSites(model, bands, table);
  const fits = sites.every(({ shape: [, heads = 0, , width = 0] }, k) => {
    const { low, high } = layers[k] ?? {};
    return low?.data.length === heads * width && high?.data.length === heads * width;
  });
  if (!fits || sites.length !== layers.length) {
    throw new LabError(
      "model-incompatible",
      `The learned weights are of ${layers.length} layers, and this encoder has ${sites.length} of another shape.`,
    );
  }
  const builder = new GraphBuilder(model);
  const scale = builder.addInput(LEARNED_SCALE_INPUT, ELEMENT_TYPE.float32, []);
  const hidden = perPicture && hiddenOf(builder, perPicture.hidden, imageOf(model, table));
  const gains = layers.map((layer, k): BandGains => {
    const [, heads = 1, , width = 1] = sites[k]!.shape;
    const gain = (own: FloatTensor, place: number): string => {
      const learned = builder.constant(floatTensor(own.data, [heads, 1, width]), "band_gain");
      const sum =
        perPicture && hidden !== undefined
          ? builder.add("Add", [learned, ownGain(builder, perPicture.gains, { hidden, place })])
          : learned;
      return builder.add("Mul", [sum, scale]);
    };
    return { low: gain(layer.low, 2 * k), high: gain(layer.high, 2 * k + 1) };
  });
  addModules(builder, bands, { sites, gains });
  return builder.build();
}

/** The input that is a picture, [B, 1, H, W]. */
function imageOf(model: ModelProto, { shapes }: ShapeTable): string {
  const image = graphOf(model).input.find(({ name }) => {
    const shape = shapes.get(name);
    return shape?.length === 4 && shape[1] === 1;
  });
  if (image) return image.name;
  throw new LabError(
    "model-incompatible",
    "Weights by picture are made of the picture's own grey values, and this encoder takes no grey picture.",
  );
}

/** [B, hidden]: of two levels the mean and the logarithm of the variance of the three bands of differences, through the first weights. */
function hiddenOf(builder: GraphBuilder, { weight, bias }: Linear, image: string): string {
  const filters = (rows: readonly (readonly number[])[]) =>
    builder.constant(floatTensor(Float32Array.from(rows.flat()), [rows.length, 1, 2, 2]), "haar");
  const split = (value: string, rows: readonly (readonly number[])[]) =>
    builder.add("Conv", [value, filters(rows)], {
      attributes: { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } },
    });
  const [means, ...differences] = HAAR;
  const statistics: string[] = [];
  let picture = image;
  for (let level = 0; level < LEVELS; level++) {
    const detail = split(picture, differences);
    picture = split(picture, [means]);
    const mean = builder.add("GlobalAveragePool", [detail]);
    const off = builder.add("Sub", [detail, mean]);
    const variance = builder.add("GlobalAveragePool", [builder.add("Mul", [off, off])]);
    const log = builder.add("Log", [builder.add("Add", [variance, builder.float(FLOOR)])]);
    statistics.push(mean, log);
  }
  const all = builder.add("Concat", statistics, { attributes: { axis: { int: 1 } } });
  const flat = builder.add("Reshape", [all, builder.ints([-1, weight.shape[1]!])]);
  const product = builder.add("MatMul", [flat, builder.constant(turned(weight), "hidden")]);
  return builder.add("Tanh", [builder.add("Add", [product, builder.constant(bias, "bias")])]);
}

/** [B, 1, 1, 1]: one of the numbers that the second weights make. */
function ownGain(
  builder: GraphBuilder,
  { weight, bias }: Linear,
  { hidden, place }: { readonly hidden: string; readonly place: number },
): string {
  const size = weight.shape[1]!;
  const row = weight.data.slice(place * size, (place + 1) * size);
  const product = builder.add("MatMul", [
    hidden,
    builder.constant(floatTensor(row, [size, 1]), "gain"),
  ]);
  const sum = builder.add("Add", [product, builder.float(bias.data[place]!)]);
  return builder.add("Reshape", [sum, builder.ints([-1, 1, 1, 1])]);
}

/** [out, in] as a product from the right takes it. */
function turned({ data, shape: [rows = 0, columns = 0] }: FloatTensor): FloatTensor {
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  }
  return floatTensor(out, [columns, rows]);
}
