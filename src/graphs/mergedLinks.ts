/** Links joined into larger graphs, and what they weigh: apart from chain.ts, because no first answer needs it. */
import { joinGraphs } from "../onnx/edit/join.ts";
import { ELEMENT_TYPE, graphOf, isDefaultDomain } from "../onnx/messages.ts";
import type { ModelProto } from "../onnx/messages.ts";
import type { Link } from "./chain.ts";

/** The chain with neighbours joined as long as their weights stay within `mostBytes` and their operator sets agree. */
export function mergedLinks(links: readonly Link[], mostBytes: number): readonly Link[] {
  const merged: Link[] = [];
  for (const link of links) {
    const last = merged.at(-1);
    const isSmall = last && weightBytes(last.model) + weightBytes(link.model) <= mostBytes;
    if (isSmall && haveSameOpset(last.model, link.model)) {
      merged[merged.length - 1] = joined(last, link);
    } else {
      merged.push(link);
    }
  }
  return merged;
}

function joined(first: Link, second: Link): Link {
  const sources = new Map([
    ...Object.entries(first.inputs).map(([input, value]) => [value, input] as const),
    ...Object.entries(first.outputs).map(([output, value]) => [value, output] as const),
  ]);
  const fed = Object.entries(second.inputs).flatMap(([input, value]) => {
    const source = sources.get(value);
    return source === undefined ? [] : [[input, source] as const];
  });
  const isFed = new Set(fed.map(([input]) => input));
  const prefix = `${second.name}/`;
  const { model, rename } = joinGraphs(first.model, second.model, Object.fromEntries(fed), prefix);
  const renamed = (names: Readonly<Record<string, string>>, without = new Set<string>()) =>
    Object.entries(names)
      .filter(([name]) => !without.has(name))
      .map(([name, value]) => [rename(name), value]);
  return {
    name: `${first.name} and ${second.name}`,
    model,
    inputs: { ...first.inputs, ...Object.fromEntries(renamed(second.inputs, isFed)) },
    outputs: { ...first.outputs, ...Object.fromEntries(renamed(second.outputs)) },
  };
}

/** Bytes of a model's weights. */
export function weightBytes(model: ModelProto): number {
  return graphOf(model).initializer.reduce(
    (sum, { rawData, floatData, int32Data, int64Data, doubleData }) =>
      sum +
      rawData.length +
      4 * (floatData.length + int32Data.length) +
      8 * (int64Data.length + doubleData.length),
    0,
  );
}

/** Bytes of the weights that are stored in a smaller form than they are computed with. */
export function packedBytes(model: ModelProto): number {
  const wide: readonly number[] = [ELEMENT_TYPE.float32, ELEMENT_TYPE.float64, ELEMENT_TYPE.int64];
  return graphOf(model)
    .initializer.filter(({ dataType }) => !wide.includes(dataType))
    .reduce((sum, { rawData }) => sum + rawData.length, 0);
}

/** Operators of two sets may differ in meaning: such graphs are linked, not joined. */
function haveSameOpset(a: ModelProto, b: ModelProto): boolean {
  const versions = (model: ModelProto) =>
    new Map(
      model.opsetImport.map(({ domain, version }) => [
        isDefaultDomain(domain) ? "" : domain,
        version,
      ]),
    );
  const theirs = versions(b);
  return [...versions(a)].every(([domain, version]) => (theirs.get(domain) ?? version) === version);
}
