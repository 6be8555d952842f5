/** A second engine that shares the work of long sampling, on the core that a single-threaded one leaves free. */
import type { EmbedImages } from "../experiment/labContext.ts";
import type { ExperimentSpec } from "../experiment/spec.ts";
import { isOwnModel } from "../model/catalog.ts";
import type { EmbedHelper, EngineHost } from "./engineService.ts";
import type { BackendInfo, EngineSettings } from "./protocol.ts";

/** What this engine is at when it might be helped. */
interface Situation {
  readonly settings: EngineSettings;
  readonly announced: BackendInfo | undefined;
}

/**
 * Features are shared out only where both engines compute them alike: one thread of WASM each, so that a bound has the same
 * digits whoever looked at a picture. The helper is started at the first long sampling, and used from when it has the model.
 */
export function helperFor(
  host: Pick<EngineHost, "helper">,
  situation: () => Situation,
): (spec: Pick<ExperimentSpec, "model" | "defenses">) => EmbedImages | undefined {
  let helper: EmbedHelper | undefined;
  const ready = new Map<string, "opening" | "ready" | "failed">();
  return ({ model, defenses }) => {
    const { settings, announced } = situation();
    const isAlike = announced?.backend === "wasm" && announced.threads === 1;
    if (!host.helper || !isAlike || isOwnModel(model.id)) return undefined;
    helper ??= host.helper();
    const { assetsUrl } = settings;
    const subject = { model, defenses };
    const ask = helper;
    const key = `${model.id} ${model.precision}`;
    const state = ready.get(key);
    if (state === "ready") return (images) => ask({ assetsUrl, subject, images });
    if (state === undefined) {
      ready.set(key, "opening");
      // No pictures: the model is opened, and nothing waits for it.
      ask({ assetsUrl, subject, images: [] }).then(
        () => ready.set(key, "ready"),
        () => ready.set(key, "failed"),
      );
    }
    return undefined;
  };
}
