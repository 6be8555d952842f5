/** A system that looks several times before it answers, and the attacker who looks as often. */
import { LabError } from "../../errors/labError.ts";
import { checkSystemGradient } from "../../system/checkSystemGradient.ts";
import type { Evaluator, GradientKind, System } from "../../system/system.ts";
import { meanDirection } from "../../tensor/norms.ts";
import type { Filtered } from "../filterDefense.ts";
import { combinedReading, mean } from "./combine.ts";

export interface Looks {
  readonly gradient: GradientKind;
  /** What is looked at before an answer: the same for the same picture, so that every result can be repeated. */
  answering(image: Float32Array): Iterable<Filtered>;
  /**
   * What an attacker looks at: other draws than the answer's, where there are draws; then the mean over them is what counts.
   * Another round has other draws.
   */
  attacking(image: Float32Array, round?: number): Iterable<Filtered>;
  /** Share of the looks that must agree, or there is no answer. */
  readonly atLeast: number;
}

export function looksSystem(
  inner: System,
  key: string,
  looks: Looks,
  yieldToHost: () => Promise<void>,
): System {
  const each = async <T>(
    seen: Iterable<Filtered>,
    look: (filtered: Filtered) => Promise<T>,
  ): Promise<T[]> => {
    const results: T[] = [];
    for (const filtered of seen) {
      await yieldToHost();
      results.push(await look(filtered));
    }
    return results;
  };
  const system: System = {
    key,
    size: inner.size,
    manifest: inner.manifest,
    gradient: inner.gradient === "exact" ? looks.gradient : inner.gradient,
    async read(image, wordings) {
      const readings = await each(looks.answering(image), (seen) =>
        inner.read(seen.image, wordings),
      );
      return combinedReading(readings, looks.atLeast);
    },
    async embed(images) {
      const embeddings: Float32Array[] = [];
      for (const image of images) {
        const seen = await each(looks.answering(image), (look) => inner.embed([look.image]));
        embeddings.push(meanDirection(seen.flat()));
      }
      return embeddings;
    },
    evaluator(objective) {
      const { loss, lossAgain, lossAndGradient, standIn } = inner.evaluator(objective);
      const averaged =
        (way: NonNullable<Evaluator["lossAndGradient"]>) => async (image: Float32Array) => {
          const given = await each(looks.attacking(image), async (look) => {
            const { loss: at, gradient } = await way(look.image);
            return { at, gradient: look.pullback(gradient) };
          });
          return {
            loss: given.reduce((sum, { at }) => sum + at, 0) / given.length,
            gradient: mean(given.map(({ gradient }) => gradient)),
          };
        };
      return {
        loss: async (image) =>
          average(await each(looks.attacking(image), (look) => loss(look.image))),
        ...((looks.gradient === "expectation" || lossAgain) && {
          async lossAgain(image: Float32Array, round: number) {
            const one = async (seen: Float32Array) =>
              lossAgain ? lossAgain(seen, round) : [await loss(seen)];
            const drawn = await each(looks.attacking(image, round), (look) => one(look.image));
            return drawn.flat();
          },
        }),
        ...(lossAndGradient && { lossAndGradient: averaged(lossAndGradient) }),
        ...(standIn && { standIn: averaged(standIn) }),
      };
    },
    embedText: inner.embedText,
    encodePrompt: (question) => inner.encodePrompt(question),
    encodeText: (text) => inner.encodeText(text),
    async relevance(image, objective) {
      return mean(
        await each(looks.answering(image), (look) => inner.relevance(look.image, objective)),
      );
    },
    checkGradient(image, objective, seed) {
      if (system.gradient !== "exact") {
        throw new LabError("graph-unsupported-op", "This gradient is a mean over random draws.");
      }
      return checkSystemGradient(system.evaluator(objective), image, seed);
    },
  };
  return system;
}

function average(losses: readonly number[]): number {
  return losses.reduce((a, b) => a + b, 0) / losses.length;
}
