/**
 * Linked graphs: a model in several ONNX files (purifier, encoder, mapper, decoder), run one after the other over values
 * that have a name in the chain. What one graph makes the next one reads, so that no file has to hold them all.
 */
import { fault } from "../errors/labError.ts";
import type { GraphRunner } from "../onnx/graph.ts";
import type { ModelProto } from "../onnx/messages.ts";
import { readShapes } from "../onnx/shapes.ts";
import type { ShapeTable } from "../onnx/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { GraphSession } from "./session.ts";

/** One graph of a chain. */
export interface Link {
  /** For messages, and as a prefix where names clash. */
  readonly name: string;
  readonly model: ModelProto;
  /** The value of the chain that each input of the graph reads. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The value of the chain that each output (or inner value) of the graph makes. */
  readonly outputs: Readonly<Record<string, string>>;
  /** An open session that has these outputs, where there is one. */
  readonly session?: GraphSession;
}

/** A link that can run. */
export interface OpenLink extends Link {
  readonly session: GraphSession;
}

export type ChainFeeds = Readonly<Record<string, Tensor>>;

/** The links that some values of the chain depend on, in their order. */
export function linksBehind<L extends Link>(
  links: readonly L[],
  wanted: readonly string[],
): readonly L[] {
  const needed = new Set(wanted);
  const behind = links.toReversed().filter(({ inputs, outputs }) => {
    const isNeeded = Object.values(outputs).some((value) => needed.has(value));
    if (isNeeded) for (const value of Object.values(inputs)) needed.add(value);
    return isNeeded;
  });
  return behind.toReversed();
}

/**
 * Runs the links that the wanted values need, and no others.
 * @throws LabError "internal" for a value that nothing makes or feeds
 */
export async function runLinks(
  links: readonly OpenLink[],
  feeds: ChainFeeds,
  wanted: readonly string[],
): Promise<Record<string, Tensor>> {
  const values = new Map(Object.entries(feeds));
  const behind = linksBehind(links, wanted);
  const read = new Set([...wanted, ...behind.flatMap(({ inputs }) => Object.values(inputs))]);
  for (const { inputs, outputs, session } of behind) {
    const asked = Object.keys(outputs).filter((name) => read.has(outputs[name]!));
    const results = await session.run(linkFeeds(inputs, values), asked);
    for (const name of asked) values.set(outputs[name]!, results[name]!);
  }
  return Object.fromEntries(wanted.map((value) => [value, valueOf(values, value)]));
}

/** What a graph's inputs are fed, by their own names. */
export function linkFeeds(
  inputs: Link["inputs"],
  values: ReadonlyMap<string, Tensor>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([input, value]) => [input, valueOf(values, value)]),
  );
}

function valueOf<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value !== undefined) return value;
  throw fault(`nothing makes "${name}" in this chain`);
}

/** Shapes of every link's values for inputs of the given shapes, in the links' order. */
export async function chainShapes(
  links: readonly Link[],
  shapes: Readonly<Record<string, readonly number[]>>,
  runner: GraphRunner,
): Promise<readonly ShapeTable[]> {
  const known = new Map(Object.entries(shapes));
  const tables: ShapeTable[] = [];
  for (const { model, inputs, outputs } of links) {
    const given = Object.entries(inputs).map(([input, value]) => [input, valueOf(known, value)]);
    const table = await readShapes(model, runner, { shapes: Object.fromEntries(given) });
    for (const [output, value] of Object.entries(outputs)) {
      const shape = table.shapes.get(output);
      if (shape) known.set(value, shape);
    }
    tables.push(table);
  }
  return tables;
}

/**
 * Weights up to which neighbours are joined into one graph, in bytes. A joined graph runs once where linked ones run
 * their forward pass twice; but it is written out whole, into a file that ends at 2 GB, beside the copy that the runtime
 * makes of it.
 */
export const MERGED_BYTES = 2 ** 29;
