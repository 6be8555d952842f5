/** com.microsoft normalisations that first add a branch to the residual stream, which is so made visible. */
import { ELEMENT_TYPE } from "../messages.ts";
import { floatAttribute } from "../tensorData.ts";
import type { FusedSite } from "./site.ts";

/** SkipLayerNormalization(x, skip, gamma, beta, bias): the sum is its output 3. */
export function skipLayerNormalization(site: FusedSite): void {
  normalizedSum(site, { bias: 4, parameters: [2, 3], op: "LayerNormalization" });
}

/** SkipSimplifiedLayerNormalization(x, skip, gamma, bias). */
export function skipSimplifiedLayerNormalization(site: FusedSite): void {
  normalizedSum(site, { bias: 3, parameters: [2], op: "SimplifiedLayerNormalization" });
}

interface Form {
  readonly bias: number;
  readonly parameters: readonly number[];
  readonly op: string;
}

function normalizedSum(site: FusedSite, { bias, parameters, op }: Form): void {
  const { node } = site;
  if ([1, 2].some((index) => (node.output[index] ?? "") !== "")) {
    throw site.refuse("its statistics are read");
  }
  const branch = site.has(bias) ? site.op("Add", [site.wide(1), site.wide(bias)]) : site.wide(1);
  const summed = node.output[3] ?? "";
  // In float32 the sum itself has the output's name: it is the stream that later blocks read.
  const isDirect = summed !== "" && site.type(0) === ELEMENT_TYPE.float32;
  const sum = site.op("Add", [site.wide(0), branch], {
    outputs: [isDirect ? summed : site.named("sum")],
  });
  if (!isDirect) site.give(3, sum);
  const given = parameters.filter((index) => site.has(index)).map((index) => site.wide(index));
  const normal = site.op(op, [sum, ...given], {
    attributes: {
      axis: { int: -1 },
      epsilon: { float: floatAttribute(node, "epsilon", 1e-12) },
    },
  });
  site.give(0, normal);
}
