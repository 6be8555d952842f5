/** The lab in Node: bundled models over onnxruntime-node, or over the page's own WASM build. */
import { setImmediate } from "node:timers/promises";
import { Lab } from "../engine/lab.ts";
import { readLinkPackage } from "../graphs/linkPackage.ts";
import { readPackage } from "../graphs/modelPackage.ts";
import { readyPackage } from "../graphs/readyModel.ts";
import { probeRunner } from "../graphs/runners.ts";
import { openModel } from "../graphs/openModel.ts";
import type { OpenOptions } from "../graphs/openModel.ts";
import type { OnnxModel } from "../graphs/onnxModel.ts";
import { LabError } from "../errors/labError.ts";
import type { ReadyModel } from "../graphs/readyModel.ts";
import { isOwnModel } from "../model/catalog.ts";
import type { Precision } from "../model/manifest.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { bundledManifest, bundledSource } from "./modelFiles.ts";
import { nodeSessions } from "./nodeSessions.ts";

interface NodeLabOptions {
  /** A reader's model, open under its manifest's id. */
  readonly own?: ReadyModel | undefined;
  /** A reader's model by its manifest's id; undefined for one that is not known here. */
  readonly openOwn?: (id: string) => Promise<ReadyModel | undefined>;
  /** See LabHost. */
  readonly modelsKept?: number;
}

export function nodeLab(
  sessions: SessionFactory = nodeSessions(),
  { own, openOwn, modelsKept }: NodeLabOptions = {},
): Lab {
  return new Lab({
    ...(modelsKept === undefined ? {} : { modelsKept }),
    openModel: async (id, precision) => {
      if (id === own?.manifest.id) return openModel(own, sessions);
      if (!isOwnModel(id)) return openBundledModel(id, precision, sessions);
      const ready = await openOwn?.(id);
      if (ready) return openModel(ready, sessions);
      throw new LabError(
        "not-open",
        `This experiment runs on a reader's own model (${id}), which never travels with it.`,
        { hint: "Name its file or folder: lab run SPEC.json --model FOLDER." },
      );
    },
    readManifest: (id) =>
      id === own?.manifest.id ? Promise.resolve(own.manifest) : bundledManifest(id),
    openLinkPackage: async (id) => readLinkPackage(await bundledSource(id)),
    yieldToHost: () => setImmediate(),
  });
}

/** @throws LabError "model-not-found" | "model-damaged" | "model-incompatible" */
export async function openBundledModel(
  id: string,
  precision: Precision,
  sessions: SessionFactory,
  options: OpenOptions = {},
): Promise<OnnxModel> {
  const files = await readPackage(await bundledSource(id), precision);
  return openModel(await readyPackage(files, probeRunner(sessions)), sessions, options);
}
