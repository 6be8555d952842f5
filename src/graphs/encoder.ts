/** The graphs between an image and its tokens and embedding: the vision graph, and what is linked before and after it. */
import { LabError } from "../errors/labError.ts";
import { floatTensor, sizeOf } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { runLinks } from "./chain.ts";
import type { OpenLink } from "./chain.ts";

/** A single number that a graph takes beside the image, such as a noise level. */
export interface Scalar {
  readonly value: number;
  /** Sizes that the graph declares: fixed ones, or names for one entry per image. */
  readonly dims: readonly (number | string)[];
}

export interface EncoderParts {
  /** In the order they run. */
  readonly links: readonly OpenLink[];
  /** Name of the link that is the model's own vision graph, and its output of tokens. */
  readonly vision: string;
  readonly visionTokens: string;
  /** Side of the image in pixels. */
  readonly size: number;
  /** Values of the chain. */
  readonly tokens: string;
  readonly embedding: string;
  readonly scalars: Readonly<Record<string, Scalar>>;
  /** Whether some graph takes one image at a time. */
  readonly isFixedBatch: boolean;
  /** Whether a graph after the encoder makes the embedding, whose norm is then whatever that graph leaves. */
  readonly isMapped: boolean;
}

/** The value of the chain that every encoder begins with. */
export const IMAGE = "image";

/** The value of the chain that an attention map of a link becomes. */
export function tapValue(link: string, tap: string): string {
  return `${link} attention ${tap}`;
}

export class Encoder {
  readonly parts: EncoderParts;

  constructor(parts: EncoderParts) {
    this.parts = parts;
  }

  get links(): readonly OpenLink[] {
    return this.parts.links;
  }

  /** The same graphs with scalars of other values. */
  withScalars(values: Readonly<Record<string, number>>): Encoder {
    const scalars = Object.entries(this.parts.scalars).map(([name, scalar]) => [
      name,
      { ...scalar, value: values[name] ?? scalar.value },
    ]);
    return new Encoder({ ...this.parts, scalars: Object.fromEntries(scalars) });
  }

  /** Shapes of what is fed for a number of images. */
  shapes(batch: number): Record<string, readonly number[]> {
    const { size, scalars } = this.parts;
    const shapes: Record<string, readonly number[]> = { [IMAGE]: [batch, 1, size, size] };
    for (const [name, { dims }] of Object.entries(scalars)) {
      shapes[name] = dims.map((dim) => (typeof dim === "number" ? dim : batch));
    }
    return shapes;
  }

  /** A scalar as what is not the encoder's own graph is fed it. */
  scalar(name: string): Tensor {
    const { value, dims } = this.parts.scalars[name]!;
    const shape = dims.map((dim) => (typeof dim === "number" ? dim : 1));
    return floatTensor(new Float32Array(sizeOf(shape)).fill(value), shape);
  }

  /** Images of [size * size] each, and the scalars beside them. */
  feeds(images: readonly Float32Array[]): Record<string, Tensor> {
    const { size, scalars } = this.parts;
    const shapes = this.shapes(images.length);
    const [only, ...others] = images;
    // One picture is fed as it is: nobody changes it while the graph runs.
    const data = only && others.length === 0 ? only : new Float32Array(images.length * size * size);
    if (data !== only) images.forEach((image, i) => data.set(image, i * size * size));
    const feeds: Record<string, Tensor> = { [IMAGE]: floatTensor(data, shapes[IMAGE]!) };
    for (const [name, { value }] of Object.entries(scalars)) {
      const shape = shapes[name]!;
      feeds[name] = floatTensor(new Float32Array(sizeOf(shape)).fill(value), shape);
    }
    return feeds;
  }

  /** Values of the chain for a batch of images. */
  run(images: readonly Float32Array[], wanted: readonly string[]): Promise<Record<string, Tensor>> {
    return runLinks(this.parts.links, this.feeds(images), wanted);
  }
}

/** @throws LabError "model-incompatible" for a graph that takes colour */
export function requireGray(channels: number): void {
  if (channels === 1) return;
  throw new LabError("model-incompatible", "This version runs encoders with one grey channel.");
}
