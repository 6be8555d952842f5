/** The safetensors format, float32 and float16 alone: an eight-byte length, a JSON header, the numbers (huggingface.co/docs/safetensors). */
import { LabError } from "../errors/labError.ts";
import { halfToNumber } from "./half.ts";
import { floatTensor, sizeOf } from "./tensor.ts";
import type { FloatTensor } from "./tensor.ts";

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, FloatTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** @throws LabError "model-damaged" for bytes that are no such file, or hold other numbers than float32 and float16 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const { header, start } = headerOf(bytes);
  const { __metadata__: metadata = {}, ...entries } = header as Readonly<Record<string, unknown>>;
  const tensors = new Map<string, FloatTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, tensorOf(bytes.subarray(start), name, entry as Entry));
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

function headerOf(bytes: Uint8Array): { readonly header: object; readonly start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? 0n : view.getBigUint64(0, true);
  if (length === 0n || length > BigInt(bytes.length - 8)) throw damaged("its header is cut off");
  const start = 8 + Number(length);
  try {
    let text = "";
    for (const byte of bytes.subarray(8, start)) text += String.fromCharCode(byte);
    const header: unknown = JSON.parse(text);
    if (typeof header === "object" && header !== null) return { header, start };
  } catch {
    // Said below.
  }
  throw damaged("its header is no JSON object");
}

function tensorOf(data: Uint8Array, name: string, entry: Entry): FloatTensor {
  const isHalf = entry.dtype === "F16";
  if (!isHalf && entry.dtype !== "F32") {
    throw damaged(`"${name}" holds ${entry.dtype} numbers, not F32 or F16`);
  }
  const [from, to] = entry.data_offsets;
  const size = sizeOf(entry.shape);
  if (!(from >= 0 && to <= data.length && to - from === (isHalf ? 2 : 4) * size)) {
    throw damaged(`"${name}" lies outside of the file`);
  }
  // A copy: the numbers need not lie on a multiple of four bytes. Node's own byte arrays slice into views.
  const own = new Uint8Array(data.subarray(from, to));
  const numbers = isHalf
    ? Float32Array.from(new Uint16Array(own.buffer), halfToNumber)
    : new Float32Array(own.buffer);
  return floatTensor(numbers, entry.shape);
}

function damaged(why: string): LabError {
  return new LabError("model-damaged", `These weights are no safetensors file: ${why}.`, {
    hint: "Load the page again, or install the lab's files anew.",
  });
}
