/**
 * ONNX messages: the types of everything in src/onnx, and functions that make new ones (`makeNode`, `makeTensor`,
 * `makeValueInfo`). With file.ts the one door to protobuf.
 *
 * Messages are treated as immutable: edits copy the lists they change and share the tensors.
 */
import { create } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  SparseTensorProto,
  TensorProto,
  ValueInfoProto,
} from "onnx-buf";
import { LabError } from "../errors/labError.ts";

export type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
  ValueInfoProto,
};

/** Element type numbers of the ONNX format (TensorProto.DataType). */
export const ELEMENT_TYPE = {
  undefined: 0,
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
} as const;

/** Attribute number of AttributeProto.type by the kind of its value. */
const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** An attribute to write: the key says which ONNX kind it has. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto };
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** The graph of a model that `parseModel` accepted. */
export function graphOf(model: ModelProto): GraphProto {
  if (model.graph === undefined) throw invalidFile("The file holds no ONNX graph.");
  return model.graph;
}

/** A model with the given graph fields and operator sets replaced; everything else is shared. */
export function replaceGraph(
  model: ModelProto,
  fields: Partial<Pick<GraphProto, "node" | "initializer" | "input" | "output" | "valueInfo">>,
  opsets: readonly OperatorSet[] | undefined = undefined,
): ModelProto {
  const graph = graphOf(model);
  const copy = create(GraphProtoSchema, {
    name: graph.name,
    docString: graph.docString,
    quantizationAnnotation: graph.quantizationAnnotation,
    metadataProps: graph.metadataProps,
    sparseInitializer: graph.sparseInitializer,
  });
  copy.node = fields.node ?? graph.node;
  copy.initializer = fields.initializer ?? graph.initializer;
  copy.input = fields.input ?? graph.input;
  copy.output = fields.output ?? graph.output;
  copy.valueInfo = fields.valueInfo ?? graph.valueInfo;
  const out = create(ModelProtoSchema, {
    irVersion: model.irVersion,
    producerName: model.producerName,
    producerVersion: model.producerVersion,
    domain: model.domain,
    modelVersion: model.modelVersion,
    docString: model.docString,
    metadataProps: model.metadataProps,
    functions: model.functions,
  });
  out.opsetImport =
    opsets === undefined ? model.opsetImport : opsets.map((opset) => makeOpset(opset));
  out.graph = copy;
  return out;
}

export interface OperatorSet {
  readonly domain: string;
  readonly version: number;
}

function makeOpset(opset: OperatorSet): OperatorSetIdProto {
  return create(OperatorSetIdProtoSchema, {
    domain: opset.domain,
    version: BigInt(opset.version),
  });
}

/** The same model without local functions (after they are inlined). */
export function withoutFunctions(model: ModelProto): ModelProto {
  const copy = replaceGraph(model, {});
  copy.functions = [];
  return copy;
}

/** A copy of an attribute under another name (what a reference inside a function stands for). */
export function renameAttribute(attribute: AttributeProto, name: string): AttributeProto {
  return Object.assign(create(AttributeProtoSchema), attribute, { name, refAttrName: "" });
}

/** The same input or output description under another name. */
export function renameInfo(info: ValueInfoProto, name: string): ValueInfoProto {
  return Object.assign(create(ValueInfoProtoSchema), info, { name });
}

/** An empty model of the given operator set, to build a graph from nothing. */
export function emptyModel(opset: number, name: string, irVersion = 10): ModelProto {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: "penumbra",
  });
  model.opsetImport = [makeOpset({ domain: "", version: opset })];
  model.graph = create(GraphProtoSchema, { name });
  return model;
}

export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  details: { name?: string; domain?: string; attributes?: Attributes } = {},
): NodeProto {
  const node = create(NodeProtoSchema, {
    opType,
    name: details.name ?? "",
    domain: details.domain ?? "",
  });
  node.input = [...inputs];
  node.output = [...outputs];
  node.attribute = Object.entries(details.attributes ?? {}).map(([name, value]) =>
    makeAttribute(name, value),
  );
  return node;
}

/** A copy of a node with some lists replaced; attributes are shared. */
export function withNodeFields(
  node: NodeProto,
  fields: Partial<Pick<NodeProto, "input" | "output" | "name" | "attribute">>,
): NodeProto {
  const copy = create(NodeProtoSchema, {
    opType: node.opType,
    name: fields.name ?? node.name,
    domain: node.domain,
    overload: node.overload,
    docString: node.docString,
  });
  copy.input = fields.input ?? [...node.input];
  copy.output = fields.output ?? [...node.output];
  copy.attribute = fields.attribute ?? node.attribute;
  return copy;
}

/** A copy of a graph-valued attribute with its subgraph replaced. */
export function withSubgraph(
  attribute: AttributeProto,
  fields: Partial<Pick<GraphProto, "node" | "initializer" | "input" | "output">>,
): AttributeProto {
  const graph = attribute.g;
  if (graph === undefined) return attribute;
  const child = create(GraphProtoSchema, { name: graph.name });
  child.node = fields.node ?? graph.node;
  child.initializer = fields.initializer ?? graph.initializer;
  child.input = fields.input ?? graph.input;
  child.output = fields.output ?? graph.output;
  child.valueInfo = [];
  const copy = create(AttributeProtoSchema, { name: attribute.name, type: ATTRIBUTE_TYPE.graph });
  copy.g = child;
  return copy;
}

function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  const attribute = create(AttributeProtoSchema, { name });
  if ("int" in value) {
    attribute.type = ATTRIBUTE_TYPE.int;
    attribute.i = BigInt(value.int);
  } else if ("ints" in value) {
    attribute.type = ATTRIBUTE_TYPE.ints;
    attribute.ints = value.ints.map((v) => BigInt(v));
  } else if ("float" in value) {
    attribute.type = ATTRIBUTE_TYPE.float;
    attribute.f = value.float;
  } else if ("floats" in value) {
    attribute.type = ATTRIBUTE_TYPE.floats;
    attribute.floats = [...value.floats];
  } else if ("string" in value) {
    attribute.type = ATTRIBUTE_TYPE.string;
    attribute.s = encodeText(value.string);
  } else if ("graph" in value) {
    attribute.type = ATTRIBUTE_TYPE.graph;
    attribute.g = value.graph;
  } else {
    attribute.type = ATTRIBUTE_TYPE.tensor;
    attribute.t = value.tensor;
  }
  return attribute;
}

/** A tensor message from raw little-endian bytes. */
export function makeTensor(
  name: string,
  elementType: number,
  dims: readonly number[],
  rawData: Uint8Array,
): TensorProto {
  const tensor = create(TensorProtoSchema, { name, dataType: elementType });
  tensor.dims = dims.map((dim) => BigInt(dim));
  tensor.rawData = rawData as Uint8Array<ArrayBuffer>;
  return tensor;
}

/** A float32 tensor message; the bytes are shared with the array. */
export function protoOfFloats(
  name: string,
  dims: readonly number[],
  data: Float32Array,
): TensorProto {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return makeTensor(name, ELEMENT_TYPE.float32, dims, bytes);
}

/** The same tensor under another name; the bytes are shared. */
export function renameTensor(tensor: TensorProto, name: string): TensorProto {
  const copy = create(TensorProtoSchema, { name, dataType: tensor.dataType });
  copy.dims = tensor.dims;
  if (tensor.rawData.length > 0) copy.rawData = tensor.rawData;
  copy.floatData = tensor.floatData;
  copy.int32Data = tensor.int32Data;
  copy.int64Data = tensor.int64Data;
  copy.doubleData = tensor.doubleData;
  copy.uint64Data = tensor.uint64Data;
  copy.stringData = tensor.stringData;
  return copy;
}

/**
 * Name and type of a graph input or output. A number is a fixed dimension, a string a symbolic one, "?" an open one of
 * which nothing is said; without `dims` the
 * shape is left to the runtime, and with element type 0 the type is too.
 */
export function makeValueInfo(
  name: string,
  elementType: number,
  dims: readonly (number | string)[] | undefined = undefined,
): ValueInfoProto {
  const info = create(ValueInfoProtoSchema, { name });
  if (elementType === ELEMENT_TYPE.undefined) return info;
  info.type = create(TypeProtoSchema, {
    value: {
      case: "tensorType",
      value: {
        elemType: elementType,
        ...(dims === undefined
          ? {}
          : {
              shape: {
                dim: dims.map((dim) => ({
                  value:
                    typeof dim === "number"
                      ? { case: "dimValue" as const, value: BigInt(dim) }
                      : dim === "?"
                        ? { case: undefined }
                        : { case: "dimParam" as const, value: dim },
                })),
              },
            }),
      },
    },
  });
  return info;
}

/** Element type number of a graph input or output; 0 where the file does not say or it is not a tensor. */
export function elementTypeOf(info: ValueInfoProto): number {
  return info.type?.value.case === "tensorType" ? info.type.value.value.elemType : 0;
}

/** Declared dimensions: numbers, symbol names, or "?" where nothing is said; undefined when the rank is unknown. */
export function declaredDims(info: ValueInfoProto): (number | string)[] | undefined {
  if (info.type?.value.case !== "tensorType") return undefined;
  return info.type.value.value.shape?.dim.map(({ value }) => {
    // Some exporters write an open dimension as -1 or 0.
    if (value.case === "dimValue" && value.value > 0n) return Number(value.value);
    return value.case === "dimParam" && value.value !== "" ? value.value : "?";
  });
}

/** ONNX names are UTF-8; the toolkit's own strings and every attribute it reads are ASCII. */
export function decodeText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0x7f);
}

/** Whether a node or operator set belongs to ONNX itself. */
export function isDefaultDomain(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}

/** A file that is not a usable ONNX model. */
export function invalidFile(message: string, cause?: unknown): LabError {
  return new LabError("graph-invalid", message, {
    hint: "Export the model again, or check that the download is complete.",
    ...(cause === undefined ? {} : { cause }),
  });
}
