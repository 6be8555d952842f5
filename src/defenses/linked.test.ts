/** The lab's purifier and mapper around its base model, against what PyTorch computed of them when they were exported. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { StageResults } from "../experiment/results.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import { parityImage } from "../model/manifest.ts";
import { cosine } from "../tensor/norms.ts";
import type { DefenseItem } from "./defense.ts";
import { DEFENSES } from "./registry.ts";

const lab = nodeLab(nodeSessions(2));
const base = { id: "base", precision: "int8" } as const;
const picture = parityImage(224);

function item(defense: string, sigma: number): DefenseItem {
  return { id: `${defense}-1`, defense, enabled: true, seed: 0, params: { sigma } };
}
const embed = async (...defenses: DefenseItem[]) =>
  (await lab.embed({ model: base, defenses }, [picture]))[0]!;

it("gives the embedding that PyTorch gives", async () => {
  const file = new URL("../../public/models/purifier/manifest.json", import.meta.url);
  const { parity } = JSON.parse(await readFile(file, "utf8")) as {
    readonly parity: { readonly sigma: number; readonly embedding: number[] };
  };
  const both = await embed(item("purifier", parity.sigma), item("mapper", parity.sigma));
  expect(cosine(both, parity.embedding)).toBeGreaterThan(0.9999);
  const turned = await embed(item("mapper", parity.sigma), item("purifier", parity.sigma));
  expect(cosine(turned, both)).toBeGreaterThan(0.999999);
  for (const one of ["purifier", "mapper"]) {
    expect(cosine(await embed(item(one, parity.sigma)), parity.embedding)).toBeLessThan(0.9999);
  }
  expect(await embed(item("purifier", 0), item("mapper", 0))).toEqual(await embed());
});

it("stands behind a filter, next to the model, and says so", async () => {
  const filter = { ...item("gaussianFilter", 1) };
  expect(await embed(filter, item("purifier", 0.25))).toHaveLength(128);
  await expect(embed(item("purifier", 0.25), filter)).rejects.toMatchObject({
    code: "spec-invalid",
    hint: "Move the purifier to the end of the list, next to the model.",
  });
});

it("is refused for a model it was not trained for", async () => {
  const model = { id: "robust", precision: "int8" } as const;
  await expect(
    lab.embed({ model, defenses: [item("mapper", 0.25)] }, [picture]),
  ).rejects.toMatchObject({
    code: "model-incompatible",
    message: expect.stringContaining(
      'trained for the model "base" (version 2) and no other',
    ) as unknown,
  });
});

const networks = Object.keys(DEFENSES).filter((id) => DEFENSES[id]!.group === "network");

/** The attack of the opening case behind these defenses, by one who knows of them or does not. */
async function attacked(defenses: readonly DefenseItem[], knowledge: "aware" | "unaware") {
  const { certificate, relevance, ...opening } = defaultSpec();
  const spec = validateSpec({
    ...opening,
    defenses,
    stack: opening.stack.flatMap((each) =>
      each.type === "attack" ? [{ ...each, steps: 6, knowledge }] : [],
    ),
    relevance: { ...relevance, enabled: false },
    certificate: { ...certificate, enabled: false },
  });
  const stages: Partial<StageResults> = {};
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  const { answer, margin } = stages.readout!.answer!;
  const against = stages.clean!.answer!.answer === answer ? -Math.abs(margin) : Math.abs(margin);
  return { stages, against };
}

// With what stands in defended.test.ts of all others: no defense of the registry without a checked gradient and attacker.
it.each([...networks.map((id) => [id]), ["purifier", "mapper"]])(
  "%s: its gradient is confirmed by its own loss, and who knows of it does no worse than who does not",
  async (...ids) => {
    const defenses = ids.map((id) => item(id, 0.25));
    const { stages, against } = await attacked(defenses, "aware");
    // A mean over draws has no derivative of its own to compare with; its steps have theirs in diffusion.test.ts.
    const isRandom = ids.some((id) => DEFENSES[id]!.isRandom);
    if (!isRandom) expect(stages.gradientCheck).toMatchObject({ ok: true });
    const trace = stages.disturbed!.items.find((each) => each.trace)!.trace!;
    expect(trace.bestLoss.at(-1)).toBeGreaterThan(trace.bestLoss[0]!);
    // Draws move the margin: what two attackers differ by must be more than that.
    const noise = isRandom ? 0.5 : 1e-3;
    expect(against).toBeGreaterThanOrEqual((await attacked(defenses, "unaware")).against - noise);
  },
  300_000,
);
