/** Defenses that are a filter on the picture: every way into the system passes through it, and every gradient back. */
import { checkSystemGradient } from "../system/checkSystemGradient.ts";
import type { ParamMeta, Params } from "../system/param.ts";
import type { GradientKind, System } from "../system/system.ts";
import type { Defense } from "./defense.ts";

/** A picture of `size` x `size` grey values in [0,1] to another. */
export interface PictureFilter {
  forward(image: Float32Array): Float32Array;
  /** The cotangent of the output to that of the input: the transposed Jacobian at `image`, or what stands for it. */
  backward(image: Float32Array, cotangent: Float32Array): Float32Array;
}

export interface FilterDefinition {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly source: string;
  readonly params: Readonly<Record<string, ParamMeta>>;
  readonly strength: string;
  /** "bpda" where `backward` is the identity or a smooth stand-in. */
  readonly gradient: Exclude<GradientKind, "expectation">;
  /** Called only with a strength other than 0. */
  filter(size: number, params: Params, seed: number): PictureFilter;
}

export function filterDefense({ filter, gradient, ...described }: FilterDefinition): Defense {
  return {
    ...described,
    defend: (inner, { params, seed, key }) =>
      filteredSystem(inner, key, { ...filter(inner.size, params, seed), gradient }),
  };
}

/** @param filter a pure function of the picture. */
export function filteredSystem(
  inner: System,
  key: string,
  filter: PictureFilter & { readonly gradient: GradientKind },
): System {
  // The same picture gives the same object, so that the system inside knows it again.
  const filtered = new WeakMap<Float32Array, Float32Array>();
  const through = (image: Float32Array): Float32Array => {
    const known = filtered.get(image) ?? filter.forward(image);
    filtered.set(image, known);
    return known;
  };
  const system: System = {
    key,
    size: inner.size,
    manifest: inner.manifest,
    gradient: inner.gradient === "exact" ? filter.gradient : inner.gradient,
    read: (image, wordings) => inner.read(through(image), wordings),
    embed: (images) => inner.embed(images.map((image) => filter.forward(image))),
    evaluator(objective) {
      const { loss, lossAndGradient } = inner.evaluator(objective);
      return {
        loss: (image) => loss(filter.forward(image)),
        ...(lossAndGradient && {
          async lossAndGradient(image: Float32Array) {
            const given = await lossAndGradient(filter.forward(image));
            return { loss: given.loss, gradient: filter.backward(image, given.gradient) };
          },
        }),
      };
    },
    encodePrompt: (question) => inner.encodePrompt(question),
    relevance: (image, objective) => inner.relevance(through(image), objective),
    checkGradient: (image, objective, seed) =>
      checkSystemGradient(system.evaluator(objective), image, seed),
  };
  return system;
}
