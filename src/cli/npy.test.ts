import { expect, test } from "vitest";
import { floatTensor, int64Tensor } from "../tensor/tensor.ts";
import { formatNpy } from "../tensor/npyFormat.ts";
import { parseNpy } from "./npy.ts";

// numpy.save of numpy.array([[1, -2.5, 3]], dtype='<f4'), byte for byte.
const FROM_NUMPY = Buffer.concat([
  Buffer.from([0x93]),
  Buffer.from("NUMPY"),
  Buffer.from([1, 0, 118, 0]),
  Buffer.from(`${"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }".padEnd(117)}\n`),
  Buffer.from(Float32Array.of(1, -2.5, 3).buffer),
]);

test("reads what NumPy writes, at any offset of its buffer", () => {
  const shifted = Buffer.concat([Buffer.from([7]), FROM_NUMPY]).subarray(1);
  const tensor = parseNpy(shifted, "x.npy");
  expect(tensor.dtype).toBe("float32");
  expect(tensor.shape).toEqual([1, 3]);
  expect([...(tensor.data as Float32Array)]).toEqual([1, -2.5, 3]);
});

test("writes what NumPy writes", () => {
  const bytes = formatNpy(floatTensor(Float32Array.of(1, -2.5, 3), [1, 3]));
  expect(Buffer.from(bytes).equals(FROM_NUMPY)).toBe(true);
});

test.each([
  ["a vector of int64", int64Tensor([5, -6], [2])],
  ["a scalar", floatTensor(Float32Array.of(4), [])],
])("%s comes back as it went", (_, tensor) => {
  expect(parseNpy(formatNpy(tensor), "x.npy")).toEqual(tensor);
});

test.each([
  ["no NumPy file", Buffer.from("PK not a numpy file"), "file-unknown-format"],
  ["cut off", FROM_NUMPY.subarray(0, FROM_NUMPY.length - 2), "file-truncated"],
])("%s is refused by name", (_, bytes, code) => {
  expect(() => parseNpy(bytes, "x.npy")).toThrow(expect.objectContaining({ code }));
});

/** numpy.save with the header's words changed, and data in that order. */
function saved(descr: string, fortran: boolean, shape: string, data: Uint8Array): Buffer {
  const order = fortran ? "True" : "False";
  const head = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`.padEnd(
    117,
  );
  const preamble = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, 118, 0]);
  return Buffer.concat([preamble, Buffer.from(`${head}\n`), data]);
}

test("a transposed array, which NumPy saves in Fortran's order, is read as it was", () => {
  // numpy.arange(6).reshape(3, 2).T: [[0, 2, 4], [1, 3, 5]], stored column by column.
  const stored = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
  const tensor = parseNpy(saved("<f4", true, "2, 3", stored), "x.npy");
  expect(tensor.shape).toEqual([2, 3]);
  expect([...(tensor.data as Float32Array)]).toEqual([0, 2, 4, 1, 3, 5]);
  const cube = new Uint8Array(Float32Array.from({ length: 24 }, (_, i) => i).buffer);
  const first = parseNpy(saved("<f4", true, "2, 3, 4", cube), "x.npy");
  // Entry [1, 2, 3] lies at 1 + 2 (2 + 3 * 3), entry [0, 1, 2] at 2 (1 + 3 * 2).
  expect([first.data[23], first.data[6]]).toEqual([23, 14]);
});

test("big-endian numbers are read", () => {
  const bytes = Buffer.alloc(12);
  [1, -2.5, 3].forEach((value, i) => bytes.writeFloatBE(value, 4 * i));
  expect([...(parseNpy(saved(">f4", false, "3,", bytes), "x.npy").data as Float32Array)]).toEqual([
    1, -2.5, 3,
  ]);
  const integers = Buffer.alloc(8);
  integers.writeBigInt64BE(-7n);
  expect(parseNpy(saved(">i8", false, "1,", integers), "x.npy").data[0]).toBe(-7n);
});
