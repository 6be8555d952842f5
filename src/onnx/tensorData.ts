/** Between ONNX tensor messages and the lab's Tensor, and typed readers for node attributes. */
import { LabError } from "../errors/labError.ts";
import { halfToNumber } from "../tensor/half.ts";
import { floatData, sizeOf } from "../tensor/tensor.ts";
import type { Tensor, TensorType } from "../tensor/tensor.ts";
import { ELEMENT_TYPE, decodeText, makeTensor } from "./messages.ts";
import type { AttributeProto, NodeProto, TensorProto } from "./messages.ts";

const ARRAY_BY_TYPE = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const;

const TYPE_BY_NUMBER = new Map<number, TensorType>(
  (Object.keys(ARRAY_BY_TYPE) as TensorType[]).map((name) => [ELEMENT_TYPE[name], name]),
);

/** The lab's name of an ONNX element type; undefined for types a Tensor can't hold (int4, strings, ...). */
export function tensorTypeOf(elementType: number): TensorType | undefined {
  return TYPE_BY_NUMBER.get(elementType);
}

/**
 * The values of an ONNX tensor, copied.
 * @throws LabError "graph-invalid" for an element type a Tensor can't hold.
 */
export function tensorFromProto(proto: TensorProto): Tensor {
  const dtype = tensorTypeOf(proto.dataType);
  if (dtype === undefined) {
    throw new LabError(
      "graph-invalid",
      `Tensor "${proto.name}" has element type ${proto.dataType}, whose values cannot be read.`,
    );
  }
  const shape = proto.dims.map(Number);
  return { dtype, shape, data: readData(proto, dtype, sizeOf(shape)) };
}

function readData(proto: TensorProto, dtype: TensorType, size: number): Tensor["data"] {
  if (proto.rawData.length > 0) {
    const bytes = new Uint8Array(proto.rawData);
    return new ARRAY_BY_TYPE[dtype](bytes.buffer, 0, size);
  }
  switch (dtype) {
    case "float32":
      return Float32Array.from(proto.floatData);
    case "float64":
      return Float64Array.from(proto.doubleData);
    case "int64":
      return BigInt64Array.from(proto.int64Data);
    case "float16":
      return Uint16Array.from(proto.int32Data);
    case "int32":
      return Int32Array.from(proto.int32Data);
    case "int8":
      return Int8Array.from(proto.int32Data);
    case "uint8":
    case "bool":
      return Uint8Array.from(proto.int32Data);
  }
}

/** The tensor as an ONNX message. */
export function protoFromTensor(name: string, tensor: Tensor): TensorProto {
  const { data } = tensor;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return makeTensor(name, ELEMENT_TYPE[tensor.dtype], tensor.shape, bytes);
}

/** Values as plain numbers (int64 beyond 2^53 loses precision, as shape arithmetic never does). */
export function numbersOf(tensor: Tensor): number[] {
  if (tensor.dtype === "float16") {
    return Array.from(tensor.data as Uint16Array, halfToNumber);
  }
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/**
 * A floating point value that a graph makes inside, whatever its precision: a graph in half precision has its states and its
 * attention in half. @throws LabError "model-incompatible" for whole numbers, named
 */
export function floatsOf(tensor: Tensor, name: string): Float32Array {
  return tensor.dtype === "float16"
    ? Float32Array.from(numbersOf(tensor))
    : floatData(tensor, name);
}

/** IEEE binary16 bits nearest to the number, ties to even. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  // log2 of a number just under a power of two can round up; one comparison settles it.
  const e = 2 ** exponent > magnitude ? exponent - 1 : exponent;
  const fraction = roundHalfEven((magnitude / 2 ** e - 1) * 1024);
  return sign | (((e + 15) << 10) + fraction);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest > 0.5 || (rest === 0.5 && floor % 2 === 1)) return floor + 1;
  return floor;
}

export function attributeOf(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

export function intAttribute(node: NodeProto, name: string, fallback: number): number {
  const attribute = attributeOf(node, name);
  return attribute === undefined ? fallback : Number(attribute.i);
}

export function intsAttribute(node: NodeProto, name: string): number[] | undefined {
  return attributeOf(node, name)?.ints.map(Number);
}

export function floatAttribute(node: NodeProto, name: string, fallback: number): number {
  return attributeOf(node, name)?.f ?? fallback;
}

export function textAttribute(node: NodeProto, name: string, fallback: string): string {
  const attribute = attributeOf(node, name);
  return attribute === undefined ? fallback : decodeText(attribute.s);
}

/** The value of a Constant node. @throws LabError "graph-invalid" when it holds no readable value. */
export function constantNodeValue(node: NodeProto): Tensor {
  const value = attributeOf(node, "value")?.t;
  if (value !== undefined) return tensorFromProto(value);
  for (const attribute of node.attribute) {
    if (attribute.name === "value_float") {
      return { dtype: "float32", shape: [], data: Float32Array.of(attribute.f) };
    }
    if (attribute.name === "value_int") {
      return { dtype: "int64", shape: [], data: BigInt64Array.of(attribute.i) };
    }
    if (attribute.name === "value_floats") {
      const data = Float32Array.from(attribute.floats);
      return { dtype: "float32", shape: [data.length], data };
    }
    if (attribute.name === "value_ints") {
      const data = BigInt64Array.from(attribute.ints);
      return { dtype: "int64", shape: [data.length], data };
    }
  }
  throw new LabError("graph-invalid", `Constant node "${node.name}" holds no readable value.`);
}
