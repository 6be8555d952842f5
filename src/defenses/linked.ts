/** Defenses that are graphs of their own, linked to the model's: every gradient passes through them exactly. */
import { LabError } from "../errors/labError.ts";
import { LINK_PACKAGE } from "../model/catalog.ts";
import { linkFor } from "../model/linkManifest.ts";
import type { BoosterRole } from "../model/linkManifest.ts";
import type { ParamMeta } from "../system/param.ts";
import type { Defense } from "./defense.ts";

const SOURCE = "Gaussian smoothness booster (arXiv:2601.16200)";

function linked(role: BoosterRole): Defense["defend"] {
  return async (inner, { params: { sigma = 0 }, key, host }) => {
    if (!inner.linked) {
      throw new LabError(
        "spec-invalid",
        `The ${role} is joined to the model's own graphs, and another defense stands between them.`,
        { hint: `Move the ${role} to the end of the list, next to the model.` },
      );
    }
    if (!host.linkPackage) throw new LabError("model-not-found", `This lab has no ${role}.`);
    const graphs = await host.linkPackage(LINK_PACKAGE);
    return inner.linked((model) => [linkFor(graphs, role, sigma, model)], key);
  };
}

const level: ParamMeta = {
  label: "Noise level",
  unit: "",
  min: 0,
  max: 0.5,
  step: 0.01,
  default: 0.25,
  help: "Standard deviation of the noise it expects, where black is 0 and white is 1. 0 leaves everything exactly as it is.",
};

export const purifier: Defense = {
  id: "purifier",
  label: "Purifier",
  group: "network",
  help: "A small network takes noise of the given level out of the picture before the model looks. It was trained for the base model. An attacker who knows of it works through it: at a level of 0.1, two grey levels of 255 turn 23 of 26 right answers, and 24 of them without it.",
  source: SOURCE,
  params: { sigma: level },
  strength: "sigma",
  card: LINK_PACKAGE,
  graphs: { links: [{ role: "purifier" }] },
  defend: linked("purifier"),
};

export const mapper: Defense = {
  id: "mapper",
  label: "Smoothness mapper",
  group: "network",
  help: "A small network moves the model's features back to where they would be without noise of the given level. It was trained for the base model behind the purifier. An attacker who knows both works through both: at a level of 0.1, two grey levels of 255 turn 15 of 16 right answers. At the level of 0.25 the two raise the score of phantoms under that noise from 0.61 (0.58 to 0.65) to 0.96 (0.95 to 0.97); they keep the features of clean phantoms at a cosine of 0.994 to what they were, those of adult films at 0.988, where 0.99 was the aim.",
  source: SOURCE,
  params: { sigma: level },
  strength: "sigma",
  card: LINK_PACKAGE,
  graphs: { links: [{ role: "mapper" }] },
  defend: linked("mapper"),
};
