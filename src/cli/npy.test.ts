import { expect, test } from "vitest";
import { floatTensor, int64Tensor } from "../tensor/tensor.ts";
import { formatNpy, parseNpy } from "./npy.ts";

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
  [
    "big-endian",
    Buffer.from(FROM_NUMPY.toString("latin1").replace("<f4", ">f4"), "latin1"),
    "file-unsupported",
  ],
])("%s is refused by name", (_, bytes, code) => {
  expect(() => parseNpy(bytes, "x.npy")).toThrow(expect.objectContaining({ code }));
});
