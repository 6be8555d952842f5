/** A dense row-major tensor: the value that passes between the lab and a model runner. */
import { LabError, fault } from "../errors/labError.ts";

export interface TensorDataByType {
  float32: Float32Array;
  /** Raw IEEE binary16 bits. */
  float16: Uint16Array;
  float64: Float64Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  int8: Int8Array;
  bool: Uint8Array;
}
export type TensorType = keyof TensorDataByType;

export interface Tensor<T extends TensorType = TensorType> {
  readonly dtype: T;
  readonly data: TensorDataByType[T];
  /** Dimensions, outermost first; `[]` is a scalar. */
  readonly shape: readonly number[];
}
export type FloatTensor = Tensor<"float32">;

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** @throws LabError "internal" when the data length does not match the shape. */
export function floatTensor(data: Float32Array, shape: readonly number[]): FloatTensor {
  checkLength(data.length, shape);
  return { dtype: "float32", data, shape };
}

/** Vectors of one length as the rows of a matrix [n, length]. */
export function stacked(rows: readonly Float32Array[]): FloatTensor {
  const width = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, k) => data.set(row, k * width));
  return floatTensor(data, [rows.length, width]);
}

/** Token ids and other integers as an int64 tensor. */
export function int64Tensor(values: readonly number[], shape: readonly number[]): Tensor<"int64"> {
  checkLength(values.length, shape);
  return { dtype: "int64", data: BigInt64Array.from(values, (v) => BigInt(v)), shape };
}

/** The float32 data of a tensor. @throws LabError "model-incompatible" for any other element type. */
export function floatData(tensor: Tensor, name: string): Float32Array {
  if (tensor.dtype !== "float32") {
    throw new LabError("model-incompatible", `${name} is ${tensor.dtype}, expected float32.`);
  }
  return tensor.data as Float32Array;
}

function checkLength(length: number, shape: readonly number[]): void {
  if (length !== sizeOf(shape)) {
    throw fault(`${length} values for shape [${shape.join(", ")}]`);
  }
}
