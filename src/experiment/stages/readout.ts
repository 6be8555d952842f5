/** What the system says of the clean picture and of the disturbed one. */
import { readOut } from "../readout.ts";
import { loadPart } from "../../host/loadPart.ts";
import type { System } from "../../system/system.ts";
import type { InputResult, Population } from "../results.ts";
import { defineStage } from "../stage.ts";
import type { StageScope } from "../stage.ts";

/** Both stages read a picture: where nothing disturbs it, the second is the first. */
const FAMILY = "readout";

export const cleanStage = defineStage({
  name: "clean",
  needs: ["input", "system", "model"],
  keyedBy: ["input", "system"],
  family: FAMILY,
  reads: ({ spec }) => spec.question,
  async run({ input, system, model }, scope) {
    const { spec } = scope;
    const readout = await readOut(system, input.image, spec.question);
    const population = await populationOf(scope, model, input);
    return population ? { ...readout, population } : readout;
  },
});

export const readoutStage = defineStage({
  name: "readout",
  needs: ["disturbed", "system"],
  family: FAMILY,
  reads: ({ spec }) => spec.question,
  async run({ disturbed, system }, { spec }) {
    return await readOut(system, disturbed.image, spec.question);
  },
});

/**
 * A phantom is known to be one. Whatever defense answers, the film itself is placed, by the bare model's look at it. The
 * numbers come with the first own film.
 */
async function populationOf(
  {
    spec: {
      case: source,
      model: { id },
    },
    context,
  }: StageScope,
  model: System,
  { image, size }: InputResult,
): Promise<Population | undefined> {
  if (source.kind !== "file") return undefined;
  const { farShares, placeAmong } = await loadPart(() => import("../../metrics/populations.ts"));
  const { placedFilm } = await loadPart(() => import("../../metrics/populationText.ts"));
  const measured = farShares(id);
  if (!measured) return undefined;
  const { embedding } = await model.read(image, []);
  const place = placeAmong(id, embedding);
  const film = context.radiograph(source.sha256);
  return place && placedFilm(place, measured, { film, size });
}
