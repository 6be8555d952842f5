/** NumPy's .npy format, version 1: the codes of its types, and a tensor as the bytes of a file. */
import type { Tensor, TensorType } from "./tensor.ts";

export const NPY_TYPES: Readonly<Record<string, TensorType>> = {
  f4: "float32",
  f2: "float16",
  f8: "float64",
  i8: "int64",
  i4: "int32",
  i1: "int8",
  u1: "uint8",
  b1: "bool",
};
export const NPY_BYTES: Readonly<Record<TensorType, number>> = {
  float32: 4,
  float16: 2,
  float64: 8,
  int64: 8,
  int32: 4,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Row-major, little-endian. */
export function formatNpy(tensor: Tensor): Uint8Array {
  const code = Object.entries(NPY_TYPES).find(([, type]) => type === tensor.dtype)![0];
  const order = NPY_BYTES[tensor.dtype] === 1 ? "|" : "<";
  const dims = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const head = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${dims}), }`;
  // Preamble and header together fill a multiple of 64 bytes and end in a newline.
  const length = Math.ceil((10 + head.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + tensor.data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 0xff, length >> 8]);
  bytes.set(ascii(`${head.padEnd(length - 1)}\n`), 10);
  const { buffer, byteOffset, byteLength } = tensor.data;
  bytes.set(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength), 10 + length);
  return bytes;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
