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

it("reads half precision", () => {
  const header = { h: { dtype: "F16", shape: [4], data_offsets: [0, 8] } };
  const bytes = file(header, [0, 0]);
  // 1, -0.5, the smallest and the largest that there is.
  const halves = Uint16Array.of(0x3c00, 0xb800, 0x0001, 0x7bff);
  bytes.set(new Uint8Array(halves.buffer), bytes.length - 8);
  expect(readSafetensors(bytes).tensors.get("h")?.data).toEqual(
    Float32Array.of(1, -0.5, 2 ** -24, 65504),
  );
});

it.each([
  ["a cut header", file({}, []).subarray(0, 5), "its header is cut off"],
  ["a longer header than the file", Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0, 1), "cut off"],
  ["no JSON", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 33), "no JSON object"],
  ["brain floats", file({ w: { ...entry, dtype: "BF16" } }, [1, 2, 3, 4, 5]), "BF16 numbers"],
  ["halves of another size", file({ w: { ...entry, dtype: "F16" } }, [1, 2, 3, 4, 5]), "outside"],
  ["too few numbers", file({ w: entry }, [1, 2, 3]), '"w" lies outside'],
  ["a shape of another size", file({ w: { ...entry, shape: [3] } }, [1, 2, 3, 4, 5]), "outside"],
])("refuses %s", (_, bytes, why) => {
  expect(() => readSafetensors(bytes)).toThrow(why);
});
