/** Every perturbation's name, text and settings, without its algorithm. */
import { plainData } from "../system/plainData.ts";
import type { PlainData } from "../system/plainData.ts";
import type { ParamMeta } from "../system/param.ts";
import type { Perturbation } from "./perturbation.ts";
import { PERTURBATIONS } from "./registry.ts";
import type { PerturbationId } from "./registry.ts";

export type { PerturbationGroup } from "./perturbation.ts";
export type { PerturbationId } from "./registry.ts";

export const PERTURBATION_CATALOG = plainData(
  Object.fromEntries(
    Object.entries(PERTURBATIONS).map(([id, member]) => [
      id,
      { ...member, params: mapValues(member.params, withStepWords) },
    ]),
  ),
) as Readonly<Record<PerturbationId, PlainData<Perturbation>>>;

function withStepWords(meta: ParamMeta): ParamMeta {
  const { inWords, min, max, step } = meta;
  if (!inWords) return meta;
  const steps = Math.round((max - min) / step);
  const words = Array.from({ length: steps + 1 }, (_, k) =>
    inWords(Number((min + k * step).toPrecision(9))),
  );
  return { ...meta, stepWords: words };
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => T) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
