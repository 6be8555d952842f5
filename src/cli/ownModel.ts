/** A reader's own model for `lab run`: a folder or zip of several graphs, an encoder's folder, or one ONNX file. */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { LabError } from "../errors/labError.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { buildFolder } from "../graphs/generative/ownFolder.ts";
import { openFolder } from "../graphs/generative/ownFolders.ts";
import { ownModelId } from "../graphs/ownModelId.ts";
import { OwnModels } from "../graphs/ownModels.ts";
import type { ReadyModel } from "../graphs/readyModel.ts";
import { probeRunner } from "../graphs/runners.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { readJson } from "../graphs/sources/byteSource.ts";
import type { NamedSource } from "../graphs/sources/zip.ts";
import { isOwnModel } from "../model/catalog.ts";
import { isLabManifest, parseManifest } from "../model/manifest.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { modelTarget, namesIn } from "./modelTarget.ts";
import { describeOwnFolder, ownFolder } from "./ownFolder.ts";

/**
 * @param form ending of the graphs' names, such as "q4"; the fullest there is where absent. A manifest that was saved into
 *   the folder decides otherwise.
 * @throws LabError "not-found" | "model-*" | "graph-*"
 */
export async function readyOwnModel(
  target: string,
  form: string | undefined,
  sessions: SessionFactory,
): Promise<ReadyModel> {
  const runner = probeRunner(sessions);
  const own = await ownFolder(target);
  if (!own) {
    await stat(target).catch((cause: unknown) => {
      throw new LabError("not-found", `There is no file or folder ${target}.`, { cause });
    });
  }
  const folder = await describeOwnFolder(own);
  const manifest = own && (await savedManifest(own));
  if (own && folder) {
    return manifest?.folder
      ? openFolder({ ...manifest, id: await ownModelId(manifest) }, own, { runner })
      : (await buildFolder(own, { form }, runner)).ready;
  }
  if (form !== undefined) {
    throw new LabError(
      "model-incompatible",
      "A form is chosen among the graphs of a vision-language model's folder, and this is one encoder.",
    );
  }
  const { file, notes } = await modelTarget(target);
  const beside = path.dirname(file);
  const weights = (await namesIn(beside, false)).filter((name) => !/\.(onnx|json)$/i.test(name));
  const blobs = await Promise.all(
    weights.map(async (name) => [name, await openAsBlob(path.join(beside, name))] as const),
  );
  const files = {
    name: path.basename(file),
    graph: await openAsBlob(file),
    weights: Object.fromEntries(blobs),
    notes,
  };
  const models = new OwnModels();
  const described = manifest ?? (await models.propose(files, runner)).manifest;
  return models.open({ ...described, id: await ownModelId(described) }, files, runner);
}

/** The experiment about this model. @throws LabError "file-mismatch" where it is about another one of a reader's */
export function aboutOwn(
  spec: ExperimentSpec,
  { manifest, precision }: ReadyModel,
): ExperimentSpec {
  if (isOwnModel(spec.model.id) && spec.model.id !== manifest.id) {
    throw new LabError(
      "file-mismatch",
      `This is another model, or one that is fed otherwise (${manifest.id}), than the experiment is about (${spec.model.id}).`,
      { hint: "Put the manifest that the page saved for it into the folder." },
    );
  }
  return { ...spec, model: { id: manifest.id, precision } };
}

async function savedManifest({ names, source }: NamedSource): Promise<ModelManifest | undefined> {
  for (const name of names.filter((each) => /manifest\.json$/i.test(each))) {
    const json = await readJson(source, name).catch(() => undefined);
    if (isLabManifest(json)) return parseManifest(json, name);
  }
  return undefined;
}
