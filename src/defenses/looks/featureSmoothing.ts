import { LabError, invariant } from "../../errors/labError.ts";
import type { Host } from "../../host/host.ts";
import { attentionLoss, weighedCells } from "../../model/attentionLoss.ts";
import { answerLoss, featureLoss, textLoss } from "../../model/objectiveLoss.ts";
import type { AttentionObjective, Objective, TextObjective } from "../../model/objective.ts";
import type { Encoding } from "../../model/visionLanguageModel.ts";
import type { Evaluator, Halves, System } from "../../system/system.ts";
import { meanDirection } from "../../tensor/norms.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { Defense } from "../defense.ts";
import type { Filtered } from "../filterDefense.ts";
import { mean } from "./combine.ts";
import { drawn, noisy } from "./draws.ts";
import type { Drawer } from "./draws.ts";
import { ATTACKER_DRAWS } from "./params.ts";

/**
 * Copies whose attention is shown, as their mean. Attention over all tokens is most of what a look costs (natively two thirds), and
 * answers read none of it.
 */
const MAPPED = 8;

/** Copies in one pass of the encoder where features alone are asked: hundreds at once would let no newer request in for seconds. */
const AT_ONCE = 8;

type Draws = (image: Float32Array, round?: number) => Iterable<Filtered>;

/**
 * f^(x) = E f(x + noise) as a predictor: the decoder reads the mean of the tokens over n0 noisy copies. What the certificate
 * says of the smoothed feature then holds for what is answered from, up to the error of n0 draws.
 */
export const featureSmoothing: Defense = {
  id: "featureSmoothing",
  label: "Feature smoothing",
  group: "looks",
  help: "Encodes several noisy copies and lets the decoder read the average of their tokens, so that the features move slowly with the picture. The cost grows with the copies, and a model that was not trained with noise answers worse from averaged tokens.",
  source: "Feature-space smoothing (arXiv:2601.16200)",
  params: {
    sigma: {
      label: "Noise",
      unit: "of black to white",
      min: 0,
      max: 0.25,
      step: 0.01,
      default: 0.05,
      help: "Standard deviation of the noise on each copy. 0 leaves the model as it is.",
    },
    copies: {
      label: "Copies",
      unit: "",
      min: 1,
      max: 256,
      step: 1,
      default: 16,
      integer: true,
      help: "Noisy copies that are encoded for one answer (n0); the time grows in step with them and the error falls with their square root. A preview takes one.",
    },
    eot: ATTACKER_DRAWS,
  },
  strength: "sigma",
  isRandom: true,
  preview: { copies: 1, eot: 1 },
  defend(inner, { params, seed, key, host }) {
    const { sigma = 0, copies = 1, eot = 1 } = params;
    const { halves } = inner;
    if (!halves) {
      throw new LabError(
        "spec-invalid",
        "Feature smoothing averages the model’s tokens, and another defense answers in between.",
        {
          hint: "Move feature smoothing below it, next to the model, or take one of the two away.",
        },
      );
    }
    const by =
      (drawer: Drawer, count: number): Draws =>
      (image, round) =>
        drawn(image, { seed, count, by: drawer, round }, (x, random) => noisy(x, sigma, random));
    const draws = { answer: by("answer", copies), attacker: by("attacker", eot) };
    return smoothed({ inner, halves, key, draws, yieldToHost: host.yieldToHost });
  },
};

interface Smoothing extends Pick<Host, "yieldToHost"> {
  readonly inner: System;
  readonly halves: Halves;
  readonly key: string;
  readonly draws: Readonly<Record<Drawer, Draws>>;
}

function smoothed({ inner, halves, key, draws, yieldToHost }: Smoothing): System {
  const average = async (seen: Iterable<Filtered>, mapped: number): Promise<Encoding> => {
    const total = new EncodingSum();
    for (const { image } of seen) {
      await yieldToHost();
      total.add(await halves.encode(image, { maps: total.count < mapped }));
    }
    return total.mean();
  };
  return {
    key,
    size: inner.size,
    manifest: inner.manifest,
    gradient: inner.gradient === "bpda" ? "bpda" : "expectation",
    read: async (image, wordings) =>
      halves.answer(await average(draws.answer(image), MAPPED), wordings),
    async embed(images) {
      const embeddings: Float32Array[] = [];
      for (const image of images) {
        const seen = Array.from(draws.answer(image), (look) => look.image);
        const copies: Float32Array[] = [];
        for (let from = 0; from < seen.length; from += AT_ONCE) {
          await yieldToHost();
          copies.push(...(await inner.embed(seen.slice(from, from + AT_ONCE))));
        }
        embeddings.push(meanDirection(copies));
      }
      return embeddings;
    },
    evaluator(objective) {
      const { loss, lossAndGradient, standIn } = inner.evaluator(objective);
      const lossOf = async (seen: Iterable<Filtered>) => {
        if (objective.kind !== "attention" || objective.of === "answer") {
          return lossAt(halves, await average(seen, 0), objective);
        }
        // The maps that are shown are the mean over the copies, and so is their share in a mask.
        let [sum, count] = [0, 0];
        for (const { image } of seen) {
          await yieldToHost();
          sum += await loss(image);
          count++;
        }
        return sum / count;
      };
      // Back from the loss of the averaged tokens to their cotangent, and from there through each copy: the slope of that loss.
      const { slopes } = halves;
      const throughMean =
        slopes && readsTokensAlone(objective)
          ? async (image: Float32Array) => {
              const seen = [...draws.attacker(image)];
              const { tokens } = await average(seen, 0);
              const { loss: at, gradient } = await slopes.lossOf(tokens, objective);
              const cotangent = floatTensor(gradient, tokens.shape);
              const gradients: Float32Array[] = [];
              for (const look of seen) {
                await yieldToHost();
                gradients.push(look.pullback(await slopes.pullback(look.image, cotangent)));
              }
              return { loss: at, gradient: mean(gradients) };
            }
          : undefined;
      // Of what is not read from the tokens, and by another way back: the mean of the copies' own slopes.
      const averaged =
        (way: NonNullable<Evaluator["lossAndGradient"]>) => async (image: Float32Array) => {
          const seen = [...draws.attacker(image)];
          const gradients: Float32Array[] = [];
          for (const look of seen) {
            await yieldToHost();
            gradients.push(look.pullback((await way(look.image)).gradient));
          }
          return { loss: await lossOf(seen), gradient: mean(gradients) };
        };
      return {
        loss: (image) => lossOf(draws.attacker(image)),
        lossAgain: async (image, round) => [await lossOf(draws.attacker(image, round))],
        ...(lossAndGradient && { lossAndGradient: throughMean ?? averaged(lossAndGradient) }),
        ...(standIn && { standIn: averaged(standIn) }),
      };
    },
    embedText: inner.embedText,
    encodePrompt: (question) => inner.encodePrompt(question),
    encodeText: (text) => inner.encodeText(text),
    async relevance(image, objective) {
      const maps: Float32Array[] = [];
      for (const look of draws.attacker(image)) {
        await yieldToHost();
        maps.push(await inner.relevance(look.image, objective));
      }
      return mean(maps);
    },
    checkGradient() {
      throw new LabError("graph-unsupported-op", "This gradient is a mean over random draws.");
    },
  };
}

/** Whether the answering side's reading of the tokens is all that the loss depends on. */
function readsTokensAlone(objective: Objective): boolean {
  const { kind } = objective;
  return (
    kind === "answer" || kind === "text" || (kind === "attention" && objective.of === "answer")
  );
}

/** Encodings added up one by one: a copy's attention over all tokens is large, and hundreds of copies need not be held. */
class EncodingSum {
  #first: Encoding | undefined;
  count = 0;
  readonly #read = new ArraySums();
  /** Of the first copies alone. */
  readonly #shown = new ArraySums();

  add({ attention, selfAttentionMatrices, ...encoding }: Encoding): void {
    this.#first ??= { attention, selfAttentionMatrices, ...encoding };
    this.count++;
    this.#read.add([encoding.tokens.data, encoding.embedding]);
    if (attention.length + selfAttentionMatrices.length === 0) return;
    this.#shown.add([...attention.map(({ maps }) => maps), ...selfAttentionMatrices]);
  }

  mean(): Encoding {
    const first = this.#first;
    invariant(first !== undefined, "a mean over no copies");
    const [tokens, embedding] = this.#read.means();
    const shown = this.#shown.means();
    const attention = first.attention.map((layer, k) => ({ ...layer, maps: shown[k]! }));
    return {
      tokens: floatTensor(tokens!, first.tokens.shape),
      embedding: meanDirection([embedding!]),
      attention,
      selfAttentionMatrices: shown.slice(attention.length),
    };
  }
}

class ArraySums {
  #count = 0;
  readonly #sums: Float64Array[] = [];

  add(arrays: readonly Float32Array[]): void {
    this.#count++;
    arrays.forEach((array, k) => {
      const sums = (this.#sums[k] ??= new Float64Array(array.length));
      for (let i = 0; i < sums.length; i++) sums[i]! += array[i]!;
    });
  }

  means(): readonly Float32Array[] {
    return this.#sums.map((sums) => Float32Array.from(sums, (sum) => sum / this.#count));
  }
}

async function lossAt(halves: Halves, encoding: Encoding, objective: Objective): Promise<number> {
  const { tokens, embedding } = encoding;
  switch (objective.kind) {
    case "feature":
      return featureLoss(embedding, objective);
    case "answer":
      return answerLoss((await halves.ask(tokens, objective.promptIds)).logits, objective);
    case "text":
      return textLossAt(halves, encoding, objective);
    case "attention":
      return answerAttentionAt(halves, encoding, objective);
  }
}

/** Asked once for each token of the text, with the tokens before it behind the question. */
async function textLossAt(
  halves: Halves,
  { tokens }: Encoding,
  objective: TextObjective,
): Promise<number> {
  const { promptIds, textIds } = objective;
  const rows: number[] = [];
  for (let k = 0; k < textIds.length; k++) {
    const { logits } = await halves.ask(tokens, [...promptIds, ...textIds.slice(0, k)]);
    for (const value of logits) rows.push(value);
  }
  return textLoss(Float32Array.from(rows), objective);
}

async function answerAttentionAt(
  halves: Halves,
  { tokens }: Encoding,
  objective: AttentionObjective,
): Promise<number> {
  const { crossAttention } = await halves.ask(tokens, objective.promptIds);
  if (crossAttention.length === 0) {
    throw new LabError("model-incompatible", "This model shows no attention over the picture.");
  }
  return attentionLoss(
    objective,
    crossAttention.map(({ maps, heads, grid }) => ({
      data: maps,
      weighed: weighedCells(objective.mask, heads, grid),
    })),
  );
}
