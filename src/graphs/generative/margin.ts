/** What an attack on an answer climbs. */
import { floatTensor } from "../../tensor/tensor.ts";
import type { FloatTensor } from "../../tensor/tensor.ts";
import { MERGED_BYTES } from "../chain.ts";
import type { Link } from "../chain.ts";
import { ChainGradient } from "../chainGradient.ts";
import { mergedLinks } from "../mergedLinks.ts";
import type { SessionFactory } from "../session.ts";
import { GRAY_INPUT } from "./visionInputs.ts";
import type { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { ELEMENT_TYPE } from "../../onnx/messages.ts";
import type { Choice } from "./answers.ts";

/** A loss of a grey picture [S * S] in [0, 1], to be maximised, and its gradient. */
export interface PictureOracle {
  loss(x: Float32Array): Promise<number>;
  lossAndGradient(x: Float32Array): Promise<{ loss: number; gradient: Float32Array }>;
  /** Operators whose gradient is a straight-through stand-in (activations rounded to 8 bits), as "Op name". */
  readonly surrogateNodes: readonly string[];
  release(): Promise<void>;
}

const LOSS = "answer_margin";

/**
 * Adds the output: log of the other answers' probability less that of the answer, each summed over its spellings. The
 * normalisation over the vocabulary cancels, so that the logits alone are read.
 * @param logits name of a value [V]
 */
export function marginOf(
  b: GraphBuilder,
  logits: string,
  {
    answer,
    others,
  }: {
    readonly answer: Pick<Choice, "ids">;
    readonly others: readonly Pick<Choice, "ids">[];
  },
): string {
  const together = (ids: readonly number[]): string => {
    const picked = b.add("Gather", [logits, b.ints(ids)], { attributes: { axis: { int: 0 } } });
    return b.add("ReduceLogSumExp", [picked], { attributes: { keepdims: { int: 0 } } });
  };
  const rest = together(others.flatMap(({ ids }) => ids));
  b.add("Sub", [rest, together(answer.ids)], { outputs: [LOSS] });
  b.setOutputs([]);
  b.addOutput(LOSS, ELEMENT_TYPE.float32, []);
  return LOSS;
}

/** Links from the grey picture to the margin, and what is fed beside the picture. */
export interface MarginChain {
  readonly links: readonly Link[];
  readonly loss: string;
  readonly size: number;
  readonly text: Readonly<Record<string, FloatTensor>>;
}

/** @throws LabError "graph-unsupported-op" | "graph-fused-attention" where a graph on the way has no gradient */
export async function openMargin(
  { links, loss, size, text }: MarginChain,
  sessions: SessionFactory,
): Promise<PictureOracle> {
  const picture = [1, 1, size, size];
  const shapes = Object.fromEntries(Object.entries(text).map(([name, { shape }]) => [name, shape]));
  const chain = await ChainGradient.open(
    {
      links: mergedLinks(links, MERGED_BYTES),
      loss,
      wrt: [GRAY_INPUT],
      shapes: { ...shapes, [GRAY_INPUT]: picture },
    },
    sessions,
  );
  const feeds = (x: Float32Array) => ({ ...text, [GRAY_INPUT]: floatTensor(x, picture) });
  return {
    surrogateNodes: chain.surrogateNodes,
    loss: (x) => chain.loss(feeds(x)),
    lossAndGradient: async (x) => {
      const { loss: value, gradients } = await chain.lossAndGradients(feeds(x));
      return { loss: value, gradient: gradients[GRAY_INPUT]! };
    },
    release: () => chain.release(),
  };
}
