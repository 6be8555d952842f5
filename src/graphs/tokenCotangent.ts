/** What a cotangent of the image tokens is on the picture: the way back through the encoder alone. */
import { LOSS_OUTPUT, cotangentName, withCotangentLoss } from "../onnx/edit/lossHeads.ts";
import type { Link } from "./chain.ts";
import type { Encoder } from "./encoder.ts";

/** The value of the chain that is fed the cotangent. */
export const TOKEN_COTANGENT = "tokenCotangent";

/**
 * The encoder with the sum of tokens times cotangent at its end, whose gradient is the vector-Jacobian product.
 * @param shape of the tokens, [1, T, D]
 */
export function towardsCotangent(
  { links, parts: { tokens } }: Encoder,
  shape: readonly number[],
): readonly Link[] {
  const at = links.findLastIndex(({ outputs }) => Object.values(outputs).includes(tokens));
  const { name, model, inputs, outputs } = links[at]!;
  const output = Object.keys(outputs).find((own) => outputs[own] === tokens)!;
  const head = {
    name,
    model: withCotangentLoss(model, [{ name: output, shape }]),
    inputs: { ...inputs, [cotangentName(output)]: TOKEN_COTANGENT },
    outputs: { [LOSS_OUTPUT]: LOSS_OUTPUT },
  };
  return [...links.slice(0, at), head];
}
