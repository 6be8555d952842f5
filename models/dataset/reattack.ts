/**
 * One half of the re-attack of every defense (docs/defense-reattack.md): what the lab's own attacker who knows the defense leaves
 * right, and what the defense says of pictures that another program made. The other half is `penumbra_models.reattack`.
 *
 *   node models/dataset/reattack.ts attack --out DIR [--only NAME ...] [--count 28] [--epsilon 2]
 *   node models/dataset/reattack.ts judge --out DIR [--only NAME ...] [--count 28]
 *   node models/dataset/reattack.ts table --out DIR [--only NAME ...]
 *
 * `attack` writes `pictures.f32` (count x 224 x 224, [0, 1]), `cases.json` (what is asked of each, with its token ids) and
 * NAME.lab.json; `judge` reads NAME.torch.f32, checks that every picture is an 8-bit one inside the ball, and writes
 * NAME.judged.json; `table` prints what is judged as rows of Markdown.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { OptionError, parseOptions, readOptions } from "../../scripts/options.mjs";
import { modelInputOf } from "../../src/experiment/source.ts";
import { objectiveOf } from "../../src/experiment/objectiveOf.ts";
import { readOut } from "../../src/experiment/readout.ts";
import { honestyCard } from "../../src/experiment/instruments/honestyCard.ts";
import { effortOf, knowingAttack } from "../../src/experiment/knowingAttack.ts";
import { survivalCases } from "../../src/experiment/robustness.ts";
import type { SurvivalCase } from "../../src/experiment/robustness.ts";
import { systemOf } from "../../src/experiment/systemOf.ts";
import { nodeLab } from "../../src/cli/nodeLab.ts";
import { nodeSessions } from "../../src/cli/nodeSessions.ts";
import { recognizeQuestion } from "../../src/language/recognize.ts";
import { answerSpaceOf } from "../../src/system/answerSpace.ts";
import { withDefaults } from "../../src/system/param.ts";
import type { AnswerResult } from "../../src/system/reading.ts";
import type { System } from "../../src/system/system.ts";
import { SHIELDS } from "./reattackShields.ts";

const USAGE =
  "Usage: reattack.ts attack|judge|table --out DIR [--only NAME ...] [--count 28] [--epsilon 2]";
const FIRST_SEED = 7_700_000;
/** Logits past the flip at which an attack on a defense that draws is taken to have flipped it. */
const CLEARLY = 1;
/** Answers, each by other draws, whose majority is what a defense that draws says of a picture: one of them can be luck. */
const ANSWERS = 9;
/** So many of them where the first are divided, more than one and fewer than all but one right: nine can be luck too. */
const ANSWERS_IF_DIVIDED = 99;

const [verb, ...rest] = process.argv.slice(2);
const { out, only, count, epsilon } = readOptions(
  USAGE,
  (args) => {
    const values = parseOptions(args, {
      out: { type: "string" },
      only: { type: "string", multiple: true },
      count: { type: "string", default: "28" },
      epsilon: { type: "string", default: "2" },
    });
    if (verb !== "attack" && verb !== "judge" && verb !== "table")
      throw new OptionError("the first word is attack, judge or table");
    if (!values.out) throw new OptionError("--out names a folder");
    return {
      out: values.out,
      only: values.only ?? Object.keys(SHIELDS),
      count: Number(values.count),
      epsilon: Number(values.epsilon),
    };
  },
  rest,
);

if (verb === "table") {
  for (const name of only) {
    const row = rowOf(name);
    if (row) console.log(`| ${row.join(" | ")} |`);
  }
  process.exit(0);
}
const lab = nodeLab(nodeSessions(1), { modelsKept: 6 });
const yieldToHost = async () => {};
const host = {
  yieldToHost,
  system: (id: string, precision: "int8") => lab.system(id, precision),
  linkPackage: (id: string) => lab.linkPackage(id),
};
const cases = survivalCases(count, FIRST_SEED);
const bare = await lab.system("base", "int8");
const images = cases.map(
  ({ phantom }) =>
    modelInputOf(
      { kind: "phantom", phantom },
      { kind: "full" },
      bare.manifest.input,
      () => undefined,
    ).image,
);
mkdirSync(out, { recursive: true });
if (verb === "attack") {
  writeFileSync(`${out}/pictures.f32`, flat(images));
  writeFileSync(`${out}/cases.json`, JSON.stringify(cases.map(described)));
}
for (const name of only) {
  const shield = SHIELDS[name];
  if (!shield) throw new OptionError(`${name} is none of ${Object.keys(SHIELDS).join(", ")}`);
  const model = await lab.system(shield.model ?? "base", "int8");
  const drawnBy = (seed: number) =>
    systemOf(
      model,
      shield.defenses.map((item, k) => ({ id: `${k}`, enabled: true, seed, ...item })),
      host,
    );
  const system = await drawnBy(1);
  const isRandom = system.gradient === "expectation";
  const answering: Answering = (seed) =>
    seed === 1 ? system : isRandom && seed <= ANSWERS_IF_DIVIDED ? drawnBy(seed) : undefined;
  const made =
    verb === "attack" ? await attacked(system, answering) : await judged(answering, name);
  if (!made) continue;
  const kind = verb === "attack" ? "lab" : "judged";
  writeFileSync(`${out}/${name}.${kind}.json`, JSON.stringify({ name, epsilon, ...made }));
  const right = made.cases.filter((each) => each?.isRight).length;
  console.log(`${name}: ${right} of ${made.cases.filter(Boolean).length} right (${kind})`);
}

function described({ question, truth }: SurvivalCase) {
  const wording = recognizeQuestion(question);
  const { tokenIds } = answerSpaceOf(bare.manifest, wording);
  return {
    ids: bare.encodePrompt(wording.text),
    tokenIds,
    truth,
    polarity: wording.polarity,
    question,
  };
}

/** Null where the clean answer is wrong: nothing is left to lose. `share`: of its answers, how many are right. */
type Outcome = { readonly isRight: boolean; readonly loss: number; readonly share: number } | null;

/** The defense with the draws of a seed from 1; undefined past the last that there is. */
type Answering = (seed: number) => Promise<System> | System | undefined;

/** What a defense says of a picture: right where more than half of its answers are. */
async function verdict(
  answering: Answering,
  image: Float32Array,
  { question, truth }: SurvivalCase,
) {
  const said: AnswerResult[] = [];
  const right = () => said.filter(({ corrected }) => corrected === truth).length;
  const ask = async (count: number) => {
    while (said.length < count) {
      const system = await answering(said.length + 1);
      if (!system) return;
      said.push((await readOut(system, image, question)).answer!);
    }
  };
  await ask(ANSWERS);
  if (right() > 1 && right() < ANSWERS - 1) await ask(ANSWERS_IF_DIVIDED);
  const share = right() / said.length;
  const margin = said.reduce((sum, answer) => sum + answer.margin, 0) / said.length;
  return { isRight: share > 0.5, share, margin };
}

/** The honesty card's attacker who knows, with the card's own settings, until each answer is flipped or he has tried all. */
async function attacked(system: System, answering: Answering) {
  const outcomes: Outcome[] = [];
  const rules = {
    id: "reattack",
    type: "attack",
    enabled: true,
    seed: 1,
    norm: "linf",
    epsilon,
    goal: { kind: "untargeted" },
  } as const;
  const isRandom = system.gradient === "expectation";
  const effort = {
    ...effortOf(withDefaults(honestyCard.params, {}), isRandom),
    enough: isRandom ? CLEARLY : 0,
  };
  for (const [k, each] of cases.entries()) {
    const image = images[k]!;
    const { question } = each;
    if (!(await verdict(answering, image, each)).isRight) {
      outcomes.push(null);
      continue;
    }
    const clean = await readOut(system, image, question);
    const objective = objectiveOf(system, { kind: "untargeted" }, { question, clean });
    const hasHeld = async (picture: Float32Array) =>
      (await verdict(answering, picture, each)).isRight;
    const ground = { image, rules, hasHeld };
    const found = await knowingAttack({ system, objective, aware: true }, ground, effort, {
      signal: { aborted: false },
      yieldToHost,
    });
    const { isRight, share } = await verdict(answering, found!.image, each);
    outcomes.push({ isRight, share, loss: found!.loss });
  }
  return { cases: outcomes };
}

async function judged(answering: Answering, name: string) {
  const file = `${out}/${name}.torch.f32`;
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const outcomes: Outcome[] = [];
  for (const [k, each] of cases.entries()) {
    const clean = images[k]!;
    const picture = all.slice(k * clean.length, (k + 1) * clean.length);
    const isInside = picture.every((value, i) => {
      const level = value * 255;
      const isWhole = Math.abs(level - Math.round(level)) < 1e-3;
      return isWhole && Math.abs(value - clean[i]!) * 255 <= epsilon + 1e-3;
    });
    if (!isInside) throw new Error(`${name}: picture ${k} is no 8-bit picture inside the ball`);
    const before = await verdict(answering, clean, each);
    if (!before.isRight) {
      outcomes.push(null);
      continue;
    }
    const { isRight, share, margin } = await verdict(answering, picture, each);
    outcomes.push({ isRight, share, loss: -Math.sign(before.margin) * margin });
  }
  return { cases: outcomes };
}

/** Answers attacked, left right by the lab, of these flipped by the other, and the difference in points. */
function rowOf(name: string): readonly (string | number)[] | undefined {
  const files = [`${out}/${name}.lab.json`, `${out}/${name}.judged.json`];
  if (!files.every((file) => existsSync(file))) return undefined;
  const [ours, theirs] = files.map(
    (file) => (JSON.parse(readFileSync(file, "utf8")) as { cases: Outcome[] }).cases,
  );
  const attackable = ours!.filter(Boolean).length;
  const left = ours!.flatMap((each, k) => (each?.isRight ? [k] : []));
  const flipped = left.filter((k) => theirs![k]?.isRight === false).length;
  return [name, attackable, left.length, flipped, ((100 * flipped) / attackable).toFixed(1)];
}

function flat(pictures: readonly Float32Array[]): Uint8Array {
  const all = new Float32Array(pictures.reduce((sum, { length }) => sum + length, 0));
  pictures.forEach((picture, k) => all.set(picture, k * picture.length));
  return new Uint8Array(all.buffer);
}
