/** The lab in Node: bundled models over onnxruntime-node, or over the page's own WASM build. */
import { setImmediate } from "node:timers/promises";
import { Lab } from "../engine/lab.ts";
import { openOnnxModel } from "../graphs/openModel.ts";
import type { OpenOptions } from "../graphs/openModel.ts";
import type { OnnxModel } from "../graphs/onnxModel.ts";
import { LabError } from "../errors/labError.ts";
import { loadTokenizer } from "../language/tokenizer.ts";
import type { Precision } from "../model/manifest.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { openModelFolder } from "./modelFiles.ts";
import { nodeSessions } from "./nodeSessions.ts";

export function nodeLab(sessions: SessionFactory = nodeSessions()): Lab {
  return new Lab({
    openModel: (id, precision) => openBundledModel(id, precision, sessions),
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
  const { manifest, read, readText } = await openModelFolder(id);
  if (!manifest.tokenizer) {
    throw new LabError("model-incompatible", `Model ${id} has no tokenizer, so it can't answer.`);
  }
  const { path, specialTokens } = manifest.tokenizer;
  const tokenizer = loadTokenizer(JSON.parse(await readText(path)), specialTokens);
  return openOnnxModel({ manifest, precision, read, tokenizer }, sessions, options);
}
