/** A graph as readable text, for people and for test failures. */
import { GraphView } from "./graph.ts";
import {
  ELEMENT_TYPE,
  declaredDims,
  decodeText,
  elementTypeOf,
  isDefaultDomain,
} from "./messages.ts";
import type { AttributeProto, ModelProto, TensorProto, ValueInfoProto } from "./messages.ts";
import type { ShapeTable } from "./shapes.ts";
import { numbersOf, tensorFromProto, tensorTypeOf } from "./tensorData.ts";

const TYPE_NAMES = new Map<number, string>(
  Object.entries(ELEMENT_TYPE).map(([name, number]) => [number, name]),
);

/** One line per input, initializer, node and output. Shapes are added to nodes where a table is given. */
export function printGraph(model: ModelProto, shapes?: ShapeTable): string {
  const view = new GraphView(model);
  const opsets = model.opsetImport
    .map((opset) => `${isDefaultDomain(opset.domain) ? "ai.onnx" : opset.domain} ${opset.version}`)
    .join(", ");
  const lines = [`graph "${view.graph.name}" (${opsets})`];
  for (const info of view.inputs) lines.push(`  input ${printInfo(info)}`);
  for (const tensor of view.graph.initializer) lines.push(`  weight ${printTensor(tensor)}`);
  for (const node of view.nodes) {
    const outputs = node.output.map((name) => {
      const shape = shapes?.shapes.get(name);
      return shape === undefined ? name || "_" : `${name}[${shape.join(",")}]`;
    });
    const domain = isDefaultDomain(node.domain) ? "" : `${node.domain}.`;
    const attributes = node.attribute.map(printAttribute).join(", ");
    const inputs = node.input.map((name) => name || "_").join(", ");
    lines.push(
      `  ${outputs.join(", ")} = ${domain}${node.opType}(${inputs})${attributes === "" ? "" : ` {${attributes}}`}`,
    );
  }
  for (const info of view.graph.output) lines.push(`  output ${printInfo(info)}`);
  return `${lines.join("\n")}\n`;
}

function printInfo(info: ValueInfoProto): string {
  const dims = declaredDims(info);
  const type = TYPE_NAMES.get(elementTypeOf(info)) ?? "?";
  return `${info.name}: ${type}${dims === undefined ? "" : `[${dims.join(", ")}]`}`;
}

function printTensor(tensor: TensorProto): string {
  const head = `${tensor.name}: ${TYPE_NAMES.get(tensor.dataType) ?? "?"}[${tensor.dims.join(", ")}]`;
  return `${head}${printValues(tensor)}`;
}

/** " = [..]" for tensors of at most eight readable values, else nothing. */
function printValues(tensor: TensorProto): string {
  const size = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
  if (size > 8 || tensorTypeOf(tensor.dataType) === undefined) return "";
  const values = numbersOf(tensorFromProto(tensor)).map((v) => String(Number(v.toPrecision(6))));
  return tensor.dims.length === 0 ? ` = ${values[0] ?? ""}` : ` = [${values.join(", ")}]`;
}

function printAttribute(attribute: AttributeProto): string {
  return `${attribute.name}=${attributeText(attribute)}`;
}

function attributeText(attribute: AttributeProto): string {
  switch (attribute.type) {
    case 1:
      return String(Number(attribute.f.toPrecision(6)));
    case 2:
      return String(attribute.i);
    case 3:
      return `"${decodeText(attribute.s)}"`;
    case 4:
      return attribute.t === undefined ? "?" : `tensor${printValues(attribute.t)}`;
    case 5:
      return `graph of ${attribute.g?.node.length ?? 0} nodes`;
    case 6:
      return `[${attribute.floats.join(", ")}]`;
    case 7:
      return `[${attribute.ints.join(", ")}]`;
    default:
      return "...";
  }
}
