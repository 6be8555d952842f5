/** The few-step diffusion purifier: its steps by hand, its gradient through all of them, and what it makes of a clean picture. */
import { expect, test } from "vitest";
import { bundledSource } from "../cli/modelFiles.ts";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { readLinkPackage } from "../graphs/linkPackage.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import { linkFor } from "../model/linkManifest.ts";
import type { GraphLink } from "../model/modelLink.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { floatTensor } from "../tensor/tensor.ts";
import { cosine } from "../tensor/norms.ts";
import { nativeRunner } from "../testing/nativeRunner.ts";
import { asLink, purifierGraph } from "../testing/tinyLinks.ts";
import { defended } from "./defended.ts";
import { blending } from "./diffusion.ts";

const SIZE = 16;
const IMAGE = Float32Array.from({ length: SIZE * SIZE }, (_, i) => 0.5 + 0.4 * Math.sin(i / 5));

const lab = nodeLab(nodeSessions(1));
const booster = await readLinkPackage(await bundledSource("purifier"));
const host = { yieldToHost: async () => {}, linkPackage: async () => booster };
const phantom = renderPhantom({ seed: 21, findings: [{ kind: "effusion" }] }, 224).image.slice();

async function ran({ graph, scalars }: GraphLink, image: Float32Array): Promise<Float32Array> {
  const fed = Object.entries(scalars).map(([name, value]) => [
    name,
    floatTensor(Float32Array.of(value), [1]),
  ]);
  const results = await nativeRunner(graph, {
    image: floatTensor(image, [1, 1, SIZE, SIZE]),
    ...Object.fromEntries(fed),
  });
  return Object.values(results)[0]!.data as Float32Array;
}

test("a step hands on what the network sees and the kept share of the rest, and the last keeps nothing", async () => {
  const link = asLink("purifier", "before", purifierGraph(SIZE), { sigma: 0.2 });
  const seen = await ran(link, IMAGE);
  for (const kept of [0, 0.5, 1]) {
    const made = await ran(blending(link, kept), IMAGE);
    made.forEach((value, i) => {
      expect(value).toBeCloseTo(seen[i]! + kept * (IMAGE[i]! - seen[i]!), 5);
    });
  }
});

test("the gradient through two steps is confirmed by central differences", async () => {
  const bare = await lab.system("base", "int8");
  const system = await bare.linked!(
    (model) => [
      blending(linkFor(booster, "purifier", 0.2, model), 0.5),
      blending(linkFor(booster, "purifier", 0.1, model), 0),
    ],
    "two steps",
  );
  const { answers, tokenIds } = bare.manifest.answerSpaces["yes-no"]!;
  const objective: AnswerObjective = {
    kind: "answer",
    aim: "away",
    answer: answers[0]!,
    loss: "margin",
    promptIds: bare.encodePrompt("Is there a pleural effusion?"),
    answers,
    answerTokenIds: tokenIds,
  };
  expect(await system.checkGradient(phantom, objective, 1)).toMatchObject({ ok: true });
}, 300_000);

test("it is repeated with its seed, stands next to the model, and keeps a clean picture's features", async () => {
  const bare = await lab.system("base", "int8");
  const item = {
    id: "d",
    defense: "diffusionPurifier",
    enabled: true,
    seed: 1,
    params: { steps: 2 },
  };
  const behind = (seed: number, ...before: (typeof item)[]) =>
    defended(bare, [...before, { ...item, seed }], host);
  const [clean] = await bare.embed([phantom]);
  const [one] = await (await behind(1)).embed([phantom]);
  const [again] = await (await behind(1)).embed([phantom.slice()]);
  const [other] = await (await behind(2)).embed([phantom]);
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  expect(cosine(one!, clean!)).toBeGreaterThan(0.9);
  const filter = { ...item, id: "f", defense: "gaussianFilter" };
  await expect(behind(1, filter)).resolves.toBeDefined();
  await expect(defended(bare, [item, filter], host)).rejects.toMatchObject({
    hint: "Move it to the end of the list, next to the model.",
  });
}, 300_000);
