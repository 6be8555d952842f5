import { expect, it } from "vitest";
import { readSafetensors } from "./safetensors.ts";

function file(header: object, numbers: readonly number[]): Uint8Array {
  // One space: the numbers do not begin on a multiple of four bytes.
  const text = new TextEncoder().encode(` ${JSON.stringify(header)}`);
  const bytes = new Uint8Array(8 + text.length + 4 * numbers.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(new Uint8Array(Float32Array.from(numbers).buffer), 8 + text.length);
  return bytes;
}

const entry = { dtype: "F32", shape: [2, 2], data_offsets: [4, 20] };

it("reads tensors by name, wherever the numbers begin", () => {
  const header = {
    __metadata__: { r: "16" },
    w: entry,
    b: { ...entry, shape: [1], data_offsets: [0, 4] },
  };
  const { tensors, metadata } = readSafetensors(file(header, [9, 1, 2, 3, 4]));
  expect(metadata).toEqual({ r: "16" });
  expect(tensors.get("w")).toMatchObject({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  expect(tensors.get("b")?.data).toEqual(Float32Array.of(9));
  const asNodeReadsIt = Buffer.from(file(header, [9, 1, 2, 3, 4]));
  expect(readSafetensors(asNodeReadsIt).tensors).toEqual(tensors);
});

it.each([
  ["a cut header", file({}, []).subarray(0, 5), "its header is cut off"],
  ["a longer header than the file", Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0, 1), "cut off"],
  ["no JSON", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 33), "no JSON object"],
  ["half precision", file({ w: { ...entry, dtype: "F16" } }, [1, 2, 3, 4, 5]), "F16 numbers"],
  ["too few numbers", file({ w: entry }, [1, 2, 3]), '"w" lies outside'],
  ["a shape of another size", file({ w: { ...entry, shape: [3] } }, [1, 2, 3, 4, 5]), "outside"],
])("refuses %s", (_, bytes, why) => {
  expect(() => readSafetensors(bytes)).toThrow(why);
});
