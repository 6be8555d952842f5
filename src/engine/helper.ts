/** A second engine that shares the work of long sampling, on the core that a single-threaded one leaves free. */
import type { Elsewhere, EmbedElsewhere } from "../experiment/labContext.ts";
import { isOwnModel } from "../model/catalog.ts";
import type { EmbedHelper, EngineHost } from "./engineService.ts";
import type { BackendInfo, EngineSettings } from "./protocol.ts";

/** What this engine is at when it might be helped. */
interface Situation {
  readonly settings: EngineSettings;
  readonly announced: BackendInfo | undefined;
}

/** A system in the helper. */
interface Opening {
  readonly opened: Promise<EmbedElsewhere | undefined>;
  /** Undefined until it is opened. */
  embed: EmbedElsewhere | undefined;
}

/**
 * Features are shared out only where both engines compute them alike: one thread of WASM each, so that a bound has the same
 * digits whoever looked at a picture. The helper is started at the first long sampling, and used from when it has the model.
 */
export function helperFor(
  host: Pick<EngineHost, "helper" | "willBeAlone">,
  situation: () => Situation,
): Elsewhere {
  let helper: EmbedHelper | undefined;
  const asked = new Map<string, Opening>();
  const isAlike = (): boolean => {
    const { announced } = situation();
    return announced?.backend === "wasm" && announced.threads === 1;
  };
  const openingOf = (
    { model, defenses, feature }: Parameters<Elsewhere["now"]>[0],
    isWanted: boolean,
  ): Opening | undefined => {
    if (!host.helper || !isWanted || isOwnModel(model.id)) return undefined;
    helper ??= host.helper();
    const ask = helper;
    const { assetsUrl } = situation().settings;
    const subject = { model, defenses, feature };
    const embed: EmbedElsewhere = (images, copies) =>
      ask({ assetsUrl, subject, images, ...(copies ? { copies } : {}) });
    const key = `${model.id} ${model.precision}`;
    const known = asked.get(key);
    if (known) {
      // Opened once; what is asked of it is the asker's own.
      const opened = known.opened.then((found) => found && embed);
      return { opened, embed: known.embed && embed };
    }
    const opening: Opening = {
      embed: undefined,
      // No pictures: the model is opened.
      opened: embed([]).then(
        () => {
          opening.embed = embed;
          return embed;
        },
        () => undefined,
      ),
    };
    asked.set(key, opening);
    return opening;
  };
  return {
    now: (subject) => openingOf(subject, isAlike())?.embed,
    soon: async (subject) => {
      // Before the first model is open, what it will run on may be known already.
      const isWanted = situation().announced ? isAlike() : await host.willBeAlone?.();
      const opening = openingOf(subject, isWanted ?? false);
      return opening && (opening.embed ?? opening.opened);
    },
  };
}
