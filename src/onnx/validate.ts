/** Is a decoded file a usable ONNX model? Checked once, when it is parsed. */
import { LabError } from "../errors/labError.ts";
import { invalidFile, isDefaultDomain } from "./messages.ts";
import type { GraphProto, ModelProto, TensorProto } from "./messages.ts";

/** Nested subgraphs deeper than this are not a model anyone exports. */
const DEEPEST_SUBGRAPH = 32;

/** @throws LabError "graph-invalid" or "model-unsupported" with one sentence. */
export function checkModel(model: ModelProto): void {
  const graph = model.graph;
  if (graph === undefined || model.irVersion <= 0n) {
    throw invalidFile("The file holds no ONNX graph.");
  }
  if (graph.output.length === 0) throw invalidFile("The ONNX graph has no output.");
  if (model.opsetImport.every((opset) => !isDefaultDomain(opset.domain))) {
    throw invalidFile("The ONNX file does not say which operator set it uses.");
  }
  checkGraph(graph, 0);
}

function checkGraph(graph: GraphProto, depth: number): void {
  if (depth > DEEPEST_SUBGRAPH) throw invalidFile("The ONNX graph nests subgraphs without end.");
  for (const tensor of graph.initializer) checkTensor(tensor);
  for (const node of graph.node) {
    if (node.opType === "")
      throw invalidFile(`Node "${node.name}" of the ONNX graph has no operator.`);
    for (const attribute of node.attribute) {
      if (attribute.t !== undefined) checkTensor(attribute.t);
      if (attribute.g !== undefined) checkGraph(attribute.g, depth + 1);
      for (const child of attribute.graphs) checkGraph(child, depth + 1);
    }
  }
}

function checkTensor(tensor: TensorProto): void {
  if (tensor.dataLocation === 1 || tensor.externalData.length > 0) {
    const where = tensor.externalData.find(({ key }) => key === "location")?.value ?? "not named";
    throw new LabError(
      "model-unsupported",
      `The weights of "${tensor.name}" lie in another file (${where}), which is not here.`,
      {
        hint: "Open both files together, or save the model as one (onnx.save with save_as_external_data=False).",
      },
    );
  }
  let elements = 1;
  for (const dim of tensor.dims) {
    if (dim < 0n || dim > 0x7fff_ffffn) {
      throw invalidFile(`Tensor "${tensor.name}" has the impossible dimension ${dim}.`);
    }
    elements *= Number(dim);
  }
  const bits = BITS_PER_ELEMENT[tensor.dataType];
  if (bits === undefined) {
    throw invalidFile(`Tensor "${tensor.name}" has the unknown element type ${tensor.dataType}.`);
  }
  if (bits === 0) return;
  const expected = Math.ceil((elements * bits) / 8);
  if (tensor.rawData.length > 0 && tensor.rawData.length !== expected) {
    throw invalidFile(
      `Tensor "${tensor.name}" needs ${expected} bytes for its shape but holds ${tensor.rawData.length}.`,
    );
  }
  if (tensor.rawData.length === 0 && elements > 0) {
    const listed =
      tensor.floatData.length +
      tensor.int32Data.length +
      tensor.int64Data.length +
      tensor.doubleData.length +
      tensor.uint64Data.length;
    if (listed !== elements && !(bits === 4 && listed === Math.ceil(elements / 2))) {
      throw invalidFile(`Tensor "${tensor.name}" needs ${elements} values but holds ${listed}.`);
    }
  }
}

/** Bits of one element by ONNX type number; 0 for strings, whose size is not fixed. */
const BITS_PER_ELEMENT: Readonly<Record<number, number>> = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  8: 0,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  14: 64,
  15: 128,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
  23: 4,
  24: 8,
  25: 2,
  26: 2,
};

/** Bits of one element of an ONNX type; 0 for types of no fixed size or unknown ones. */
export function bitsPerElement(elementType: number): number {
  return BITS_PER_ELEMENT[elementType] ?? 0;
}
