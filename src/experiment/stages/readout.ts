/** What the system says of the clean picture and of the disturbed one. */
import { readOut } from "../readout.ts";
import { loadPart } from "../../host/loadPart.ts";
import type { Population } from "../results.ts";
import type { ExperimentSpec } from "../spec.ts";
import { defineStage } from "../stage.ts";

/** Both stages read a picture: where nothing disturbs it, the second is the first. */
const FAMILY = "readout";

export const cleanStage = defineStage({
  name: "clean",
  needs: ["input", "system"],
  family: FAMILY,
  reads: ({ spec }) => spec.question,
  async run({ input, system }, { spec }) {
    const readout = await readOut(system, input.image, spec.question);
    const population = await populationOf(spec, readout.embedding);
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

/** A phantom is known to be one, and behind a defense the embedding is another. The numbers come with the first own film. */
async function populationOf(
  { case: { kind }, defenses, model }: ExperimentSpec,
  embedding: Float32Array,
): Promise<Population | undefined> {
  if (kind !== "file" || defenses.some(({ enabled }) => enabled)) return undefined;
  const { farShares, placeAmong } = await loadPart(() => import("../../metrics/populations.ts"));
  const { placeText } = await loadPart(() => import("../../metrics/populationText.ts"));
  const place = placeAmong(model.id, embedding);
  const measured = farShares(model.id);
  return place && measured && { ...place, ...placeText(place, measured) };
}
