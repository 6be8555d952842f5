/** The graphs of a model with shuffled weights, opened. */
import { withShuffledWeights } from "../onnx/edit/shuffledWeights.ts";
import { serializeModel } from "../onnx/file.ts";
import { withTaps } from "../onnx/taps.ts";
import type { OpenLink } from "./chain.ts";
import type { AnswerSide, ModelParts } from "./modelParts.ts";
import type { GraphSession } from "./session.ts";

export interface ShuffledGraphs {
  readonly links: readonly OpenLink[];
  readonly answerSide: AnswerSide | undefined;
  readonly opened: readonly GraphSession[];
}

/** Only what changed is opened anew; the other sessions stay the model's own. */
export async function shuffledGraphs(
  { encoder, answerSide, sessions }: ModelParts,
  share: number,
  seed: number,
): Promise<ShuffledGraphs> {
  const before = [
    ...encoder.links.map(({ model }) => model),
    ...(answerSide ? [answerSide.model] : []),
  ];
  const after = withShuffledWeights(before, share, seed);
  const opened: GraphSession[] = [];
  const open = async (k: number, outputs: readonly string[]) => {
    const fixed = { dimensions: { b: 1 } };
    const isFixed = sessions.backend === "webgpu" || encoder.parts.isFixedBatch;
    const graph = serializeModel(withTaps(after[k]!, outputs));
    const session = await sessions.create(graph, isFixed ? fixed : {});
    opened.push(session);
    return { model: after[k]!, session };
  };
  const links: OpenLink[] = [];
  for (const [k, link] of encoder.links.entries()) {
    const isSame = after[k] === link.model;
    links.push(isSame ? link : { ...link, ...(await open(k, Object.keys(link.outputs))) });
  }
  if (!answerSide || after.at(-1) === answerSide.model) return { links, answerSide, opened };
  const taps = answerSide.crossTaps.map(({ name }) => name);
  return { links, answerSide: { ...answerSide, ...(await open(links.length, taps)) }, opened };
}
