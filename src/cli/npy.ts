/** NumPy's .npy files (format 1 to 3): tensors in and out of the headless lab. */
import { readFile, writeFile } from "node:fs/promises";
import { LabError } from "../errors/labError.ts";
import { NPY_BYTES as BYTES, NPY_TYPES as TYPES, formatNpy } from "../tensor/npyFormat.ts";
import { sizeOf } from "../tensor/tensor.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";

/** @throws LabError "not-found" | "file-unknown-format" | "file-unsupported" | "file-truncated" */
export async function readNpy(file: string): Promise<Tensor> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new LabError("not-found", `There is no readable file ${file}.`, { cause });
  });
  return parseNpy(bytes, file);
}

export function parseNpy(bytes: Uint8Array, name: string): Tensor {
  const isNpy = bytes.length >= 10 && bytes[0] === 0x93 && text(bytes, 1, 6) === "NUMPY";
  if (!isNpy) throw new LabError("file-unknown-format", `${name} is not a .npy file.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6]! >= 2;
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = text(bytes, start, Math.min(end, bytes.length));
  const descr = /'descr':\s*'([<>|=]?)(\w\d)'/.exec(header);
  const shapeText = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  const dtype = descr ? TYPES[descr[2]!] : undefined;
  if (!descr || shapeText === undefined || !dtype) {
    throw new LabError("file-unsupported", `${name} holds values of a type this lab can't read.`, {
      hint: "Save it with numpy as float32 or int64.",
    });
  }
  const shape = shapeText.split(",").flatMap((s) => (s.trim() === "" ? [] : [Number(s)]));
  const need = sizeOf(shape) * BYTES[dtype];
  if (bytes.length - end < need) {
    throw new LabError(
      "file-truncated",
      `${name} is cut off (${bytes.length - end} of ${need} bytes).`,
    );
  }
  // A copy: the data may start at any offset, typed arrays may not.
  const body = new Uint8Array(bytes.subarray(end, end + need));
  if (descr[1] === ">") reverseEach(body, BYTES[dtype]);
  const data = typed(dtype, body.buffer);
  const isFortran = /'fortran_order':\s*True/.test(header) && shape.length > 1;
  return { dtype, shape, data: isFortran ? rowMajor(data, shape) : data };
}

/** Turns the bytes of every element around. */
function reverseEach(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** From Fortran's order, where the first index runs fastest (numpy saves transposed arrays so), to the last one's. */
function rowMajor<T extends Tensor["data"]>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T;
  const index = shape.map(() => 0);
  for (let to = 0; to < data.length; to++) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis]! + index[axis]!;
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) {
      index[axis] = 0;
    }
  }
  return out;
}

function typed(dtype: TensorType, buffer: ArrayBuffer): Tensor["data"] {
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer);
    case "float16":
      return new Uint16Array(buffer);
    case "float64":
      return new Float64Array(buffer);
    case "int64":
      return new BigInt64Array(buffer);
    case "int32":
      return new Int32Array(buffer);
    case "int8":
      return new Int8Array(buffer);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer);
  }
}

export async function writeNpy(file: string, tensor: Tensor): Promise<void> {
  try {
    await writeFile(file, formatNpy(tensor));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LabError("not-found", `The file ${file} can't be written (${code}).`, {
      hint: "Name a folder that exists and that you may write to.",
      cause,
    });
  }
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder("latin1").decode(bytes.subarray(from, to));
}
