/**
 * MatMulBnb4 (com.microsoft): Y = A W^T with W [N, K] in the 4-bit numbers of bitsandbytes, two to a byte, the first in the high
 * bits, in blocks of one largest magnitude each. Tables as in ONNX Runtime's blockwise_quant_block_bnb4.h.
 */
import { floatTensor } from "../../tensor/tensor.ts";
import { ELEMENT_TYPE } from "../messages.ts";
import { intAttribute } from "../tensorData.ts";
import type { InputGradients, Vjp } from "./vjp.ts";

const FP4 = [0, 5.208333333e-3, 0.66666667, 1, 0.33333333, 0.5, 0.16666667, 0.25];
const TABLES: Readonly<Record<number, readonly number[]>> = {
  0: [...FP4, ...FP4.map((value) => -value)],
  1: [
    -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1,
  ],
};

export function matMulBnb4(vjp: Vjp): InputGradients {
  const { node } = vjp;
  const [n, k] = [intAttribute(node, "N", 0), intAttribute(node, "K", 0)];
  const block = intAttribute(node, "block_size", 64);
  const kind = intAttribute(node, "quant_type", 1);
  const table = TABLES[kind];
  const packed = vjp.constant(1)?.data;
  if (table === undefined) throw vjp.unsupported(`its numbers are of the kind ${kind}`);
  if (!(packed instanceof Uint8Array)) throw vjp.unsupported("its weights are no constants");
  const weight = vjp.context.remember(`bnb4:${node.input.slice(1).join()}`, () => {
    const blocks = Math.ceil((n * k) / block);
    const codes = new Uint8Array(blocks * block);
    for (let i = 0; i < n * k; i++) codes[i] = (packed[i >> 1]! >> (i % 2 === 0 ? 4 : 0)) & 15;
    // One byte a weight, as the other forms of 4 bits are held for the way back.
    const stored = vjp.tensor({ dtype: "uint8", data: codes, shape: [blocks, block] });
    const type = vjp.type(vjp.input(2));
    const values = vjp.cast(vjp.tensor(floatTensor(Float32Array.from(table), [16])), type);
    const levels = vjp.op("Gather", [
      values,
      vjp.op("Cast", [stored], { attributes: { to: { int: ELEMENT_TYPE.int32 } } }),
    ]);
    const full = vjp.mul(levels, vjp.reshape(vjp.input(2), [blocks, 1]));
    const flat = vjp.reshape(full, [blocks * block]);
    const own =
      blocks * block === n * k
        ? flat
        : vjp.op("Slice", [flat, vjp.ints([0]), vjp.ints([n * k]), vjp.ints([0])]);
    return vjp.reshape(own, [n, k]);
  });
  return [vjp.wants(0) ? vjp.op("MatMul", [vjp.dy, weight]) : undefined];
}
