/** Learned frequency modules on the graphs as shipped, against what PyTorch computed of them when they were exported. */
import { readFile } from "node:fs/promises";
import { expect, it, test } from "vitest";
import { bundledSource } from "../cli/modelFiles.ts";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { readLinkPackage } from "../graphs/linkPackage.ts";
import { LabError } from "../errors/labError.ts";
import { recognizeQuestion } from "../language/recognize.ts";
import { weightsIn } from "../model/bandsLink.ts";
import type { BandsRole } from "../model/linkManifest.ts";
import { parityImage } from "../model/manifest.ts";
import type { AnswerObjective } from "../model/objective.ts";
import { renderPhantom } from "../phantom/phantom.ts";
import type { System } from "../system/system.ts";
import { defended } from "./defended.ts";
import { learnedBands } from "./learnedBands.ts";

const weights = await readLinkPackage(await bundledSource("frequency"));
const file = new URL("../../public/models/frequency/manifest.json", import.meta.url);
const { parity } = JSON.parse(await readFile(file, "utf8")) as {
  readonly parity: Readonly<
    Record<BandsRole, readonly { readonly scale: number; readonly embedding: readonly number[] }[]>
  >;
};
const lab = nodeLab(nodeSessions(1));
const host = { yieldToHost: async () => {}, linkPackage: async () => weights };
const picture = parityImage(224);
const roles = (learnedBands.graphs?.links ?? []).map(({ role, when }) => [role, when![1]] as const);
const bare = await lab.system("base", "fp16");

function behind(system: System, amount: number, taught: number): Promise<System> {
  const params = { amount, taught };
  const item = { id: "f", defense: "learnedBands", enabled: true, seed: 1, params };
  return defended(system, [item], host);
}

test("every way of teaching is there, in a few kilobytes each", () => {
  expect(roles.map(([role]) => role).toSorted()).toEqual([...weights.graphs.keys()].toSorted());
  for (const bytes of weights.graphs.values()) expect(bytes.length).toBeLessThan(10_000);
});

it.each(roles)("%s: the embedding that PyTorch gives, at three scales", async (role, taught) => {
  const references = parity[role as BandsRole];
  for (const { scale, embedding } of references) {
    const [own] = await (await behind(bare, scale, taught)).embed([picture]);
    embedding.forEach((value, k) => expect(own![k]).toBeCloseTo(value, 3));
  }
  const moved = references[2]!.embedding.map((v, k) => Math.abs(v - references[0]!.embedding[k]!));
  // Six times what is allowed above: the control moves least.
  expect(Math.max(...moved)).toBeGreaterThan(0.003);
});

it("has a slope that its own loss confirms, through the picture's own numbers too", async () => {
  const system = await behind(await lab.system("base", "int8"), 1, 2);
  const asked = recognizeQuestion("Is there a pleural effusion?");
  const { answers, tokenIds } = system.manifest.answerSpaces["yes-no"]!;
  const objective: AnswerObjective = {
    kind: "answer",
    aim: "away",
    answer: "no",
    loss: "margin",
    promptIds: system.encodePrompt(asked.text),
    answers,
    answerTokenIds: tokenIds,
  };
  const { image } = renderPhantom({ seed: 21, findings: [{ kind: "effusion" }] }, 224);
  const grey = image.map((value) => Math.round(255 * value) / 255);
  expect(await system.checkGradient(grey, objective, 1)).toMatchObject({ ok: true });
});

it("is refused in another encoder, and half a file is none", async () => {
  const robust = await behind(await lab.system("robust", "int8"), 1, 1).catch((e: unknown) => e);
  expect(robust).toBeInstanceOf(LabError);
  expect((robust as LabError).message).toContain("taught in the encoder of the model");
  const bytes = weights.graphs.get("pictureBands")!;
  const text = new TextDecoder("latin1").decode(bytes).replace("hidden.bias", "hidden.bios");
  const broken = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  expect(() => weightsIn(broken)).toThrow('no "hidden.bias"');
});
