/** The lab's purifier and mapper around its base model, against what PyTorch computed of them when they were exported. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { bundledSource } from "../cli/modelFiles.ts";
import { runAttack } from "../experiment/disturb.ts";
import type { AttackItem } from "../experiment/spec.ts";
import { readLinkPackage } from "../graphs/linkPackage.ts";
import { parityImage } from "../model/manifest.ts";
import type { AnswerObjective } from "../model/objective.ts";
import type { System } from "../system/system.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { cosine } from "../tensor/norms.ts";
import type { DefenseItem } from "./defense.ts";
import { defended } from "./defended.ts";
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

// Frequency modules leave the slope nearly the bare model's: frequencyModules.test.ts compares both within a fifth of a grey level.
const networks = Object.keys(DEFENSES).filter(
  (id) => DEFENSES[id]!.group === "network" && id !== "frequencyModules",
);

/** Away from what is said of the picture, by three steps within three grey levels. */
async function attacked(system: System, objective: AnswerObjective): Promise<Float32Array> {
  const attack: AttackItem = {
    id: "a",
    type: "attack",
    attack: "apgd",
    enabled: true,
    seed: 1,
    norm: "linf",
    epsilon: 3,
    steps: 3,
    restarts: 1,
    goal: { kind: "untargeted" },
  };
  const target = { system, objective, aware: true };
  const context = { signal: { aborted: false }, yieldToHost: async () => {} };
  const run = runAttack(target, { image: gray }, attack, context);
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value!.image;
  }
}

// A film as the networks know it: on the parity pattern a step of central differences crosses the purifier's kinks.
const gray = renderPhantom({ seed: 21, findings: [{ kind: "effusion" }] }, 224).image.map(
  (value) => Math.round(255 * value) / 255,
);

/** What the attacker who knows of no defense makes: the same picture whatever stands before the model. */
let unaware: Promise<Float32Array> | undefined;

// With what stands in defended.test.ts of all others: no defense of the registry without a checked gradient and attacker.
it.each([...networks.map((id) => [id]), ["purifier", "mapper"]])(
  "%s: its gradient is confirmed by its own loss, and who knows of it does no worse than who does not",
  async (...ids) => {
    const bare = await lab.system(base.id, base.precision);
    const items = ids.map((id) => ({
      ...item(id, 0.25),
      params: { sigma: 0.25, steps: 2, eot: 2 },
    }));
    const system = await defended(bare, items, {
      yieldToHost: async () => {},
      linkPackage: async (id) => readLinkPackage(await bundledSource(id)),
    });
    const { answers, tokenIds } = bare.manifest.answerSpaces["yes-no"]!;
    const objective: AnswerObjective = {
      kind: "answer",
      aim: "away",
      answer: "no",
      loss: "margin",
      promptIds: bare.encodePrompt("Is there a pleural effusion?"),
      answers,
      answerTokenIds: tokenIds,
    };
    const isRandom = ids.some((id) => DEFENSES[id]!.isRandom);
    // A mean over draws has no derivative of its own to compare with; its steps have theirs in diffusion.test.ts.
    if (!isRandom) {
      expect(await system.checkGradient(gray, objective, 1)).toMatchObject({ ok: true });
    }
    const { loss } = system.evaluator(objective);
    const reached = await loss(await attacked(system, objective));
    expect(reached).toBeGreaterThan(await loss(gray));
    // Draws move the margin: what two attackers differ by must be more than that.
    const noise = isRandom ? 0.5 : 1e-3;
    const other = await (unaware ??= attacked(bare, objective));
    expect(reached).toBeGreaterThanOrEqual((await loss(other)) - noise);
  },
  300_000,
);
