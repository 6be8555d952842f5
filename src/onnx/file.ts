/**
 * ONNX files: bytes to messages and back. Reading decodes, attaches weights kept in other files, writes out sparse
 * weights and checks the result, so that everything behind `parseModel` sees one valid form.
 */
import { clearField, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from "onnx-buf";
import { LabError } from "../errors/labError.ts";
import { attachExternalData, externalLocations } from "./externalData.ts";
import { graphOf, invalidFile } from "./messages.ts";
import type { ModelProto } from "./messages.ts";
import { writeOutSparse } from "./sparse.ts";
import { checkModel } from "./validate.ts";
import { joinBytes, message } from "./wire.ts";

/** The newest file format that ONNX Runtime 1.30 takes. */
const NEWEST_IR_VERSION = 13n;

/** Bytes that an ONNX file ends at: its lengths are signed 32-bit numbers. */
export const LARGEST_FILE = 2 ** 31 - 1;

/**
 * An ONNX file as a message. Weight bytes are views into `bytes`, not copies.
 * @throws LabError "graph-invalid" when the bytes are not a usable ONNX model, "graph-too-large" over 2 GB,
 *   "model-unsupported" when weights are kept in other files
 */
export function parseModel(bytes: Uint8Array): ModelProto {
  return checked(decodeModel(bytes));
}

/**
 * The same for a model that may keep weights in files beside it.
 * @param external the bytes of such a file by the name the model knows it by; undefined where it is not at hand
 * @throws also LabError "graph-invalid" for a range outside its file or a location outside the model's folder
 */
export async function readModel(
  bytes: Uint8Array,
  external: (location: string) => Promise<Uint8Array | undefined>,
): Promise<ModelProto> {
  const model = decodeModel(bytes);
  const files = new Map<string, Uint8Array | undefined>();
  for (const location of externalLocations(model)) files.set(location, await external(location));
  attachExternalData(model, (location) => files.get(location));
  return checked(model);
}

function checked(model: ModelProto): ModelProto {
  // A newer file format with an operator set the runtime knows differs in nothing that it reads.
  if (model.irVersion > NEWEST_IR_VERSION) model.irVersion = NEWEST_IR_VERSION;
  writeOutSparse(model);
  checkModel(model);
  return model;
}

function decodeModel(bytes: Uint8Array): ModelProto {
  if (bytes.length === 0) throw invalidFile("The model file is empty.");
  if (bytes.length > LARGEST_FILE) {
    throw new LabError(
      "graph-too-large",
      `The model file has ${bytes.length} bytes; an ONNX file ends at 2 GB.`,
      { hint: "Quantize the weights or export a smaller model." },
    );
  }
  try {
    // A plain view: Node's Buffer overrides slice() and would leak into every tensor.
    const plain = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    return fromBinary(ModelProtoSchema, plain, { readUnknownFields: false });
  } catch (cause) {
    throw invalidFile(
      "The file is not a readable ONNX model: its bytes are damaged or cut off.",
      cause,
    );
  }
}

/**
 * The model as an ONNX file. Weight bytes are copied once: messages are written without them and joined on the wire,
 * where a field may follow its siblings in any order.
 * @throws LabError "graph-too-large" when the result would not fit one ONNX file.
 */
export function serializeModel(model: ModelProto): Uint8Array {
  const graph = graphOf(model);
  const shell = Object.assign(create(ModelProtoSchema), model);
  delete shell.graph;
  const graphShell = Object.assign(create(GraphProtoSchema), graph, { initializer: [] });
  const tensors = graph.initializer.map((tensor) => {
    const tensorShell = Object.assign(create(TensorProtoSchema), tensor);
    // Not even as empty bytes: values listed in another field then count as missing.
    clearField(tensorShell, TensorProtoSchema.field.rawData);
    return message(WIRE.graphInitializer, [
      toBinary(TensorProtoSchema, tensorShell),
      ...message(WIRE.tensorRawData, [tensor.rawData]),
    ]);
  });
  const parts = [
    toBinary(ModelProtoSchema, shell),
    ...message(WIRE.modelGraph, [toBinary(GraphProtoSchema, graphShell), ...tensors.flat()]),
  ];
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (size > LARGEST_FILE) {
    throw new LabError(
      "graph-too-large",
      `The edited graph would have ${size} bytes; an ONNX file ends at 2 GB.`,
      { hint: "Use a smaller or quantized model." },
    );
  }
  return joinBytes(parts, size);
}

/** Field numbers of the ONNX format for what is written by hand. */
const WIRE = { modelGraph: 7, graphInitializer: 5, tensorRawData: 9 } as const;
