/** Readers' own models in a study: by folder, zip or ONNX file, or the id of a bundled vision-language model. */
import path from "node:path";
import { BUNDLED_FOLDERS } from "../../model/catalog.ts";
import type { ModelManifest } from "../../model/manifest.ts";
import type { JsonObject } from "../../study/specPath.ts";
import { isObject } from "../../study/baseExperiment.ts";
import type { Study } from "../../study/schema.ts";
import { nodeSessions } from "../nodeSessions.ts";

export interface OwnModel {
  /** Where it lies, or the id of a bundled one. */
  readonly place: string;
  readonly manifest: ModelManifest;
}

/** By the id that the lab gives to what they hold. */
export type OwnModels = ReadonlyMap<string, OwnModel>;

/**
 * The study with its own models named by id.
 * @param root what paths are relative to
 * @throws LabError "not-found" | "model-*" | "graph-*" for one that can't be opened
 */
export async function withOwnModels(
  study: Study,
  root: string,
): Promise<{ readonly study: Study; readonly models: OwnModels }> {
  const models = new Map<string, OwnModel>();
  const opened = async (place: string) => {
    const { readyOwnModel } = await import("../ownModel.ts");
    const { manifest, precision } = await readyOwnModel(place, undefined, nodeSessions(1));
    models.set(manifest.id, { place, manifest });
    return { id: manifest.id, precision };
  };
  const axes: Study["axes"] = [];
  for (const axis of study.axes) {
    if (axis.kind !== "model") {
      axes.push(axis);
      continue;
    }
    const named: typeof axis.models = [];
    for (const model of axis.models) {
      const place = placeOf(model, root);
      const label = model.label ?? model.id ?? path.basename(model.folder ?? "").slice(0, 60);
      named.push(place === undefined ? model : { ...(await opened(place)), label });
    }
    axes.push({ ...axis, models: named });
  }
  const base = study.base["model"];
  const place = isObject(base) ? placeOf(base, root) : undefined;
  const model = place === undefined ? base : await opened(place);
  return {
    study: { ...study, axes, ...(place === undefined ? {} : { base: { ...study.base, model } }) },
    models,
  };
}

function placeOf(
  { id, folder }: JsonObject | { readonly id?: string; readonly folder?: string },
  root: string,
): string | undefined {
  if (typeof folder === "string") return path.resolve(root, folder);
  return BUNDLED_FOLDERS.find((bundled) => bundled.id === id)?.id;
}
