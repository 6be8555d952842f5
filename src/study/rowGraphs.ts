/** The graphs beside its model's that a row rests on: found before it is made, and as the cell that says so. */
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import { graphParts, neededGraphs } from "../experiment/graphNeeds.ts";
import type { NeededGraphs, PackageShelf } from "../experiment/graphNeeds.ts";
import { INSTRUMENT_CATALOG } from "../experiment/instruments/catalog.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { graphPartSchema } from "../model/graphPartSchema.ts";
import type { GraphPart } from "../model/graphPartSchema.ts";

export function graphsNeededBy(spec: ExperimentSpec): NeededGraphs {
  return neededGraphs(spec, { defenses: DEFENSE_CATALOG, instruments: INSTRUMENT_CATALOG });
}

/** Whether the model's own hash names `part`. */
function isOwn({ model }: ExperimentSpec, { model: id, precision, role }: GraphPart): boolean {
  return id === model.id && precision === model.precision && role !== "text";
}

/** The model's table of words is one of them: with other tokens the same wording is another question. */
export async function graphsBeside(
  spec: ExperimentSpec,
  shelf: PackageShelf,
): Promise<readonly GraphPart[]> {
  return (await graphParts(graphsNeededBy(spec), shelf)).filter((part) => !isOwn(spec, part));
}

/** "noise vision int8 0123...; purifier purifier - 4567...": "" for none. */
export function graphsText(parts: readonly GraphPart[]): string {
  return parts
    .map(({ model, role, precision, sha256 }) => [model, role, precision ?? "-", sha256].join(" "))
    .join("; ");
}

/** What graphsText wrote; nothing of a text that is none of its own. */
export function graphsOf(text: string): readonly GraphPart[] {
  return text.split("; ").flatMap((one) => {
    const [model, role, precision, sha256] = one.split(" ");
    const part = { model, role, precision: precision === "-" ? null : precision, sha256 };
    const parsed = graphPartSchema.safeParse(part);
    return parsed.success ? [parsed.data] : [];
  });
}
