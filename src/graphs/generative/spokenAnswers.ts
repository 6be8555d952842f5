/**
 * Answers behind a vocabulary: each answer gets a logit of its own, the log of the summed exponentials of all tokens that
 * say it, and those tokens' own logits are put out of the count. A softmax over the whole is that over the vocabulary, with
 * the spellings of an answer added up; so all that reads one token for one answer reads the sum.
 */
import type { GraphBuilder } from "../../onnx/graphBuilder.ts";
import { floatTensor } from "../../tensor/tensor.ts";
import type { Choice } from "./answers.ts";

/** A logit that no softmax in float32 counts, and that no arithmetic turns into NaN. */
const UNCOUNTED = -1e9;

/**
 * @param logits name of a value [1, L, V]
 * @returns name of a value [1, L, V + n]: the answers stand behind the vocabulary, in their order
 */
export function withSpokenAnswers(
  b: GraphBuilder,
  logits: string,
  vocabulary: number,
  choices: readonly Pick<Choice, "ids">[],
): string {
  if (choices.length === 0) return logits;
  const last = { attributes: { axis: { int: -1 } } };
  const sums = choices.map(({ ids }) => {
    const picked = b.add("Gather", [logits, b.ints(ids)], last);
    return b.opset >= 18
      ? b.add("ReduceLogSumExp", [picked, b.ints([-1])], { attributes: { keepdims: { int: 1 } } })
      : b.add("ReduceLogSumExp", [picked], {
          attributes: { keepdims: { int: 1 }, axes: { ints: [-1] } },
        });
  });
  const out = new Float32Array(vocabulary);
  for (const { ids } of choices) for (const id of ids) out[id] = UNCOUNTED;
  const rest = b.add("Add", [logits, b.constant(floatTensor(out, [1, 1, vocabulary]))]);
  return b.add("Concat", [rest, ...sums], last);
}
