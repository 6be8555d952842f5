/** Defenses that are a filter on the picture: every way into the system passes through it, and every gradient back. */
import { checkSystemGradient } from "../system/checkSystemGradient.ts";
import type { Params } from "../system/param.ts";
import type { GradientKind, Halves, System } from "../system/system.ts";
import type { Defense } from "./defense.ts";

/** A filtered picture, and the way back. */
export interface Filtered {
  readonly image: Float32Array;
  /** The cotangent of the output to that of the input: the transposed Jacobian here, or what stands for it. */
  pullback(cotangent: Float32Array): Float32Array;
}

/** A pure function of a picture of size x size grey values in [0,1] to another. */
export type PictureFilter = (image: Float32Array) => Filtered;

export interface FilterDefinition extends Omit<Defense, "group" | "isRandom" | "defend"> {
  /** "bpda" where the pullback is the identity or a stand-in. */
  readonly gradient: Exclude<GradientKind, "expectation">;
  /** Called only with a strength other than 0. @throws LabError where pictures of this size can't be filtered so */
  filter(size: number, params: Params): PictureFilter;
}

/** A filter is a defense, and still known as a filter. */
export interface FilterDefense extends Defense, Pick<FilterDefinition, "gradient" | "filter"> {}

export function filterDefense(definition: FilterDefinition): FilterDefense {
  const { filter, gradient, masks } = definition;
  return {
    ...definition,
    group: "filter",
    defend: (inner, { params, key }) =>
      filteredSystem(inner, key, {
        filter: filter(inner.size, params),
        gradient,
        ...(masks ? { masks } : {}),
      }),
  };
}

/** Half the way to an answer, and half the way back. */
function filteredHalves(
  halves: Halves,
  {
    filter,
    through,
  }: { readonly filter: PictureFilter; readonly through: (image: Float32Array) => Float32Array },
): Halves {
  const { encode, slopes } = halves;
  return {
    ...halves,
    encode: (image, look) => encode(through(image), look),
    slopes: slopes && {
      ...slopes,
      async pullback(image, cotangent) {
        const filtered = filter(image);
        return filtered.pullback(await slopes.pullback(filtered.image, cotangent));
      },
    },
  };
}

/** What stands before a system. */
interface Between extends Pick<FilterDefinition, "gradient" | "masks"> {
  readonly filter: PictureFilter;
}

export function filteredSystem(
  inner: System,
  key: string,
  { filter, gradient, masks }: Between,
): System {
  // The same picture gives the same object, so that the system inside knows it again.
  const seen = new WeakMap<Float32Array, Float32Array>();
  const through = (image: Float32Array): Float32Array => {
    const known = seen.get(image) ?? filter(image).image;
    seen.set(image, known);
    return known;
  };
  const system: System = {
    key,
    size: inner.size,
    manifest: inner.manifest,
    gradient: inner.gradient === "exact" ? gradient : inner.gradient,
    read: (image, wordings) => inner.read(through(image), wordings),
    embed: (images) => inner.embed(images.map((image) => filter(image).image)),
    evaluator(objective) {
      const { loss, lossAgain, lossAndGradient, standIn } = inner.evaluator(objective);
      const otherWay = standIn ?? (masks ? lossAndGradient : undefined);
      return {
        loss: (image) => loss(filter(image).image),
        ...(lossAgain && {
          lossAgain: (image: Float32Array, round: number) => lossAgain(filter(image).image, round),
        }),
        ...(lossAndGradient && {
          async lossAndGradient(image: Float32Array) {
            const filtered = filter(image);
            const given = await lossAndGradient(filtered.image);
            return { loss: given.loss, gradient: filtered.pullback(given.gradient) };
          },
        }),
        ...(otherWay && {
          async standIn(image: Float32Array) {
            const filtered = filter(image);
            const given = await otherWay(filtered.image);
            return masks ? given : { ...given, gradient: filtered.pullback(given.gradient) };
          },
        }),
      };
    },
    ...(inner.halves && { halves: filteredHalves(inner.halves, { filter, through }) }),
    ...(inner.experts && {
      experts: (image, wording) => inner.experts!(through(image), wording),
    }),
    embedText: inner.embedText,
    encodePrompt: (question) => inner.encodePrompt(question),
    encodeText: (text) => inner.encodeText(text),
    relevance: (image, objective) => inner.relevance(through(image), objective),
    checkGradient: (image, objective, seed) =>
      checkSystemGradient(system.evaluator(objective), image, seed),
  };
  return system;
}
