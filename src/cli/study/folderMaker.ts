/** The row maker of a folder that is there: what made its rows, as they say themselves. */
import { LabError } from "../../errors/labError.ts";
import type { Backend } from "../../model/backend.ts";
import { partName } from "../../model/graphPart.ts";
import type { GraphPart } from "../../model/graphPartSchema.ts";
import type { NeededGraphs } from "../../experiment/graphNeeds.ts";
import { graphsNeededBy, graphsOf } from "../../study/rowGraphs.ts";
import type { RowMaker } from "../../study/rowKey.ts";
import { sha256Text } from "./rowFolder.ts";
import type { RowFolder } from "./rowFolder.ts";

/**
 * The models of the rows, not those of this machine: a table that was made with other models stays whole.
 * @throws LabError "spec-invalid" for a folder whose rows were made on several backends or by two versions of a model.
 */
export function folderMaker(folder: RowFolder): RowMaker {
  const backends = new Set<string>();
  const models = new Map<string, string>();
  const graphs = new Map<string, GraphPart>();
  let namesGraphs = true;
  for (const key of folder.tableKeys()) {
    const row = folder.get(key)!;
    backends.add(String(row.backend));
    const name = `${String(row.model)} ${String(row.precision)}`;
    const hash = String(row.modelSha256);
    const known = models.get(name);
    if (known !== undefined && known !== hash) {
      throw mixed(folder, `two versions of the model ${name}`);
    }
    models.set(name, hash);
    // Rows of before this column rest on graphs that they do not name, and their keys do not either.
    if (row.graphs === null || row.graphs === undefined) namesGraphs = false;
    for (const part of graphsOf(String(row.graphs ?? ""))) {
      const before = graphs.get(partName(part));
      if (before && before.sha256 !== part.sha256) {
        throw mixed(folder, `two versions of the ${partName(part)}`);
      }
      graphs.set(partName(part), part);
    }
  }
  if (backends.size > 1) throw mixed(folder, `the backends ${[...backends].join(" and ")}`);
  return {
    backend: ([...backends][0] ?? "native") as Backend,
    sha256: sha256Text,
    modelSha256: async (id, precision) => models.get(`${id} ${precision}`) ?? "",
    graphsBeside: async (spec) =>
      namesGraphs ? partsNeededOf(graphsNeededBy(spec), [...graphs.values()]) : [],
  };
}

function partsNeededOf({ models, links }: NeededGraphs, known: readonly GraphPart[]): GraphPart[] {
  const [open] = models;
  // In the order that the rows were made with.
  return [
    ...models.flatMap((needed) =>
      known.filter(
        ({ model, precision, role }) =>
          model === needed.id &&
          (role === "tokenizer" ||
            (precision === needed.precision &&
              (role === "text" ? needed.withText : needed !== open))),
      ),
    ),
    ...known.filter(({ role }) => (links as readonly string[]).includes(role)),
  ];
}

function mixed(folder: RowFolder, what: string): LabError {
  return new LabError("spec-invalid", `The rows of ${folder.path} come from ${what}.`, {
    hint: "Run the study into a folder of its own for each.",
  });
}
