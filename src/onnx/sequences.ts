/**
 * Sequences and optionals taken apart: where it is known which tensors they hold, reading one is reading the tensor. Some
 * exporters write every split and every list of tensors as a sequence.
 */
import { isOp } from "./elementTypes.ts";
import { GraphView } from "./graph.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import { makeNode } from "./messages.ts";
import type { ModelProto, NodeProto } from "./messages.ts";
import type { ShapeTable } from "./shapes.ts";
import { intAttribute, numbersOf } from "./tensorData.ts";

/** The model with every sequence and optional whose content is known replaced by its tensors; the same object when there is none. */
export function inlineSequences(model: ModelProto, shapes: ShapeTable): ModelProto {
  const view = new GraphView(model);
  const inliner = new SequenceInliner(view, shapes);
  const nodes = view.nodes.flatMap((node) => inliner.replace(node) ?? [node]);
  if (!inliner.hasRead) return model;
  inliner.builder.setNodes(nodes);
  // What made the sequences is read by nobody now, and is left out.
  return inliner.builder.build();
}

class SequenceInliner {
  readonly builder: GraphBuilder;
  /** True when a tensor was taken out of a sequence. */
  hasRead = false;
  readonly #view: GraphView;
  readonly #shapes: ShapeTable;
  /** Tensors of each known sequence or optional, by its name. */
  readonly #content = new Map<string, readonly string[]>();

  constructor(view: GraphView, shapes: ShapeTable) {
    this.builder = new GraphBuilder(view.model);
    this.#view = view;
    this.#shapes = shapes;
  }

  /** The nodes in place of this one; undefined to leave it as it is. */
  replace(node: NodeProto): NodeProto[] | undefined {
    const [output = ""] = node.output;
    const known = this.#content.get(node.input[0] ?? "");
    if (isOp(node, "SequenceConstruct")) this.#content.set(output, node.input);
    else if (isOp(node, "SequenceEmpty")) this.#content.set(output, []);
    else if (isOp(node, "Optional") && node.input.length === 1) {
      this.#content.set(output, known ?? node.input);
    } else if (isOp(node, "SplitToSequence")) return this.#split(node);
    else if (known !== undefined) return this.#use(node, known);
    else if (isOp(node, "OptionalGetElement") && !this.#isContainer(node)) {
      // Since set 18 it also takes a tensor, and is the identity.
      return this.#alias(node.input[0]!, output);
    }
    return undefined;
  }

  #isContainer(node: NodeProto): boolean {
    return (this.#shapes.types.get(node.input[0] ?? "") ?? 0) === 0;
  }

  #use(node: NodeProto, tensors: readonly string[]): NodeProto[] | undefined {
    const [output = ""] = node.output;
    if (isOp(node, "Identity")) this.#content.set(output, tensors);
    else if (isOp(node, "SequenceInsert", "SequenceErase")) this.#edit(node, tensors);
    else if (isOp(node, "SequenceAt")) {
      const at = this.#index(node.input[1], tensors.length);
      const tensor = at === undefined ? undefined : tensors[at];
      return tensor === undefined ? undefined : this.#alias(tensor, output);
    } else if (isOp(node, "OptionalGetElement")) {
      const isSequence = this.#shapes.types.get(output) === 0;
      if (isSequence) this.#content.set(output, tensors);
      else if (tensors.length === 1) return this.#alias(tensors[0]!, output);
    } else if (isOp(node, "ConcatFromSequence")) return this.#join(node, tensors);
    return undefined;
  }

  #edit(node: NodeProto, tensors: readonly string[]): void {
    const inserts = isOp(node, "SequenceInsert");
    const position = node.input[inserts ? 2 : 1] ?? "";
    const length = tensors.length;
    const at =
      position === ""
        ? inserts
          ? length
          : length - 1
        : this.#index(position, inserts ? length + 1 : length, length);
    if (at === undefined) return;
    const next = [...tensors];
    if (inserts) next.splice(at, 0, node.input[1]!);
    else next.splice(at, 1);
    this.#content.set(node.output[0]!, next);
  }

  /** A position as an index below `limit`; counted from `length` where negative. Undefined where it is not known. */
  #index(name: string | undefined, limit: number, length = limit): number | undefined {
    const value = this.#numbers(name ?? "")?.[0];
    if (value === undefined) return undefined;
    const index = value < 0 ? value + length : value;
    return index >= 0 && index < limit ? index : undefined;
  }

  #numbers(name: string): number[] | undefined {
    const value = this.#shapes.values.get(name) ?? this.#view.constant(name);
    return value === undefined ? undefined : numbersOf(value);
  }

  /** SplitToSequence as one Split; without sizes it cuts single entries off, and then may drop the axis. */
  #split(node: NodeProto): NodeProto[] | undefined {
    const [x = "", sizesName = ""] = node.input;
    const shape = this.#shapes.shapes.get(x);
    if (shape === undefined) return undefined;
    const given = intAttribute(node, "axis", 0);
    const axis = given < 0 ? given + shape.length : given;
    const sizes = this.#sizes(sizesName, shape[axis] ?? 0);
    if (sizes === undefined || sizes.length === 0) return undefined;
    const [output = ""] = node.output;
    const drops = sizesName === "" && intAttribute(node, "keepdims", 1) === 0;
    const pieces = sizes.map((_, i) => this.builder.fresh(`${output}/${i}`));
    const cut = drops ? pieces.map((name) => this.builder.fresh(`${name}/kept`)) : pieces;
    this.#content.set(output, pieces);
    const name = (part: string): string => this.builder.fresh(`${node.name || output}/${part}`);
    const split = makeNode("Split", [x, this.builder.ints(sizes)], cut, {
      name: name("Split"),
      attributes: { axis: { int: axis } },
    });
    if (!drops) return [split, node];
    const axes = this.builder.ints([axis]);
    const squeezes = pieces.map((piece, i) =>
      makeNode("Squeeze", [cut[i]!, axes], [piece], { name: name("Squeeze") }),
    );
    return [split, ...squeezes, node];
  }

  #sizes(name: string, total: number): number[] | undefined {
    if (name === "") return Array.from({ length: total }, () => 1);
    const given = this.#numbers(name);
    const isScalar = this.#shapes.shapes.get(name)?.length === 0;
    if (given === undefined || !isScalar) return given;
    const [size = 0] = given;
    if (size <= 0) return undefined;
    return Array.from({ length: Math.ceil(total / size) }, (_, i) =>
      Math.min(size, total - i * size),
    );
  }

  #join(node: NodeProto, tensors: readonly string[]): NodeProto[] | undefined {
    if (tensors.length === 0) return undefined;
    this.hasRead = true;
    const [output = ""] = node.output;
    const attributes = { axis: { int: intAttribute(node, "axis", 0) } };
    const name = (part: string): string => this.builder.fresh(`${node.name || output}/${part}`);
    if (intAttribute(node, "new_axis", 0) === 0) {
      return [makeNode("Concat", tensors, [output], { name: name("Concat"), attributes })];
    }
    const axes = this.builder.ints([attributes.axis.int]);
    const wide = tensors.map((tensor, i) => {
      const value = this.builder.fresh(`${output}/${i}`);
      return makeNode("Unsqueeze", [tensor, axes], [value], { name: name("Unsqueeze") });
    });
    const parts = wide.map(({ output: [value = ""] }) => value);
    return [...wide, makeNode("Concat", parts, [output], { name: name("Concat"), attributes })];
  }

  #alias(tensor: string, output: string): NodeProto[] {
    this.hasRead = true;
    return [
      makeNode("Identity", [tensor], [output], { name: this.builder.fresh(`${output}/Identity`) }),
    ];
  }
}
