/**
 * `npm run bench:vlm`: how often the bundled vision-language models are right, asked as a reader's folder is asked, over the graphs
 * as they are bundled, on phantoms that no training run draws. Writes evaluation.json into each model's folder.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { countNamed, parseOptions, readOptions } from "../scripts/options.mjs";
import { ROOT } from "../scripts/toolchain.mjs";
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { bundledFolder } from "../src/cli/modelFiles.ts";
import { DualEncoder } from "../src/graphs/generative/dualEncoder.ts";
import { LlavaModel } from "../src/graphs/generative/llavaModel.ts";
import { readFolderFiles } from "../src/graphs/generative/modelFiles.ts";
import type { FolderFiles } from "../src/graphs/generative/modelFiles.ts";
import { choiceOf, likeliest, scoreChoices } from "../src/graphs/generative/answers.ts";
import { snapToByteLattice } from "../src/image/grayImage.ts";
import { ANSWER_SPACES, FINDING_TERMS, expandQuestions } from "../src/language/questionBank.ts";
import type { ExpandedQuestion } from "../src/language/questionBank.ts";
import { answerFor } from "../src/language/questionTruth.ts";
import { wilsonInterval } from "../src/numerics/binomial.ts";
import { renderPhantom } from "../src/phantom/phantom.ts";
import { sampleSpec } from "../src/phantom/sample.ts";

const { phantoms, ...values } = readOptions(
  "Usage: npm run bench:vlm -- [--phantoms N] [--precision FORM] [--only ID]",
  (args) => {
    const given = parseOptions(args, {
      phantoms: { type: "string", default: "300" },
      precision: { type: "string" },
      only: { type: "string" },
    });
    return { ...given, phantoms: countNamed("phantoms", given.phantoms) };
  },
);
const FIRST_SEED = 5_040_000;
const sessions = nodeSessions(1);
const bank = expandQuestions();
const truths = Array.from({ length: phantoms }, (_, i) => FIRST_SEED + i).map((seed) => {
  const phantom = renderPhantom(sampleSpec(seed), 224);
  const picture = phantom.image.slice();
  snapToByteLattice(picture);
  return { picture, phantom };
});

for (const [id, measure] of [
  ["llava-mini", llava],
  ["siglip-mini", siglip],
] as const) {
  if (values.only !== undefined && values.only !== id) continue;
  const own = (await bundledFolder(id))!;
  const files = await readFolderFiles(own.names, own.source, { form: values.precision });
  const measured = await measure(files);
  const file = path.join(ROOT, "public/models", id, "evaluation.json");
  const index = JSON.parse(
    readFileSync(path.join(ROOT, "public/models", id, "files.json"), "utf8"),
  ) as { readonly files: readonly { readonly path: string; readonly sha256: string }[] };
  const graphs = index.files.filter(({ path: name }) => name.endsWith(".onnx"));
  const about = { phantoms, firstSeed: FIRST_SEED, backend: "native", graphs };
  writeFileSync(file, `${JSON.stringify({ ...about, ...measured }, null, 1)}\n`);
  console.log(id, JSON.stringify(measured));
}
process.exit(0);

/** The next token among the answers of the question's space, by finding and by type of question. */
async function llava(files: FolderFiles): Promise<object> {
  const model = await LlavaModel.open(files, sessions);
  const right: Record<string, boolean[]> = {};
  const scores: Record<string, [number, boolean][]> = {};
  let shares = 0;
  let asked = 0;
  for (const [i, { picture, phantom }] of truths.entries()) {
    for (const question of questionsOf(i)) {
      const truth = answerFor(question, phantom);
      if (truth === null) continue;
      const choices = ANSWER_SPACES[question.answerSpace]!.map((answer) =>
        choiceOf(files.tokenizer, answer),
      );
      const logits = await model.nextLogits(picture, model.prompt(question.text));
      const scored = scoreChoices(logits, choices);
      const isRight = likeliest(scored).answer === truth;
      shares += scored.reduce((sum, { probability }) => sum + probability, 0);
      asked++;
      (right[keyOf(question)] ??= []).push(isRight);
      const { type, heldOut, findingId } = question;
      if (type === "presence" && !heldOut && findingId !== null) {
        const yes = scored.find(({ answer }) => answer === "yes")!.probability;
        const no = scored.find(({ answer }) => answer === "no")!.probability;
        (scores[findingId] ??= []).push([Math.log(yes / no), truth === "yes"]);
      }
    }
    if (i % 20 === 19) console.error(`${i + 1} of ${phantoms}`);
  }
  await model.release();
  return {
    precision: values.precision ?? "int8",
    accuracy: Object.fromEntries(Object.entries(right).map(([key, of]) => [key, shareOf(of)])),
    auc: Object.fromEntries(Object.entries(scores).map(([key, of]) => [key, area(of)])),
    meanShareOfNextToken: shares / asked,
  };
}

function keyOf({ type, findingId, heldOut }: ExpandedQuestion): string {
  if (heldOut) return "held-out wordings";
  return type === "presence" ? `presence ${findingId}` : type;
}

/** Each finding's plain question, each other type's, and one held-out wording. */
function questionsOf(i: number): readonly ExpandedQuestion[] {
  const seen = new Set<string>();
  const plain = bank.filter((question) => {
    if (question.heldOut || question.polarity !== 1 || question.findingId === "pneumonia")
      return false;
    const key = `${question.type} ${question.findingId} ${question.canonicalId}`;
    if (question.type === "presence" && question.scope !== null) return false;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const held = bank.filter(
    ({ heldOut, equivalent, findingId }) => heldOut && equivalent && findingId !== "pneumonia",
  );
  return [...plain, held[(i * 7919) % held.length]!];
}

/** Zero-shot: "with" against "without", by finding. */
async function siglip(files: FolderFiles): Promise<object> {
  const kinds = FINDING_TERMS.filter(({ id }) => id !== "pneumonia");
  const captions = kinds.flatMap(({ term }) => [
    `a chest radiograph with ${term}`,
    `a chest radiograph without ${term}`,
  ]);
  const model = await DualEncoder.open(files, captions, sessions);
  const scores: Record<string, [number, boolean][]> = {};
  const right: Record<string, boolean[]> = {};
  for (const { picture, phantom } of truths) {
    const logits = await model.logits(picture);
    for (const [k, { id }] of kinds.entries()) {
      const margin = logits[2 * k]! - logits[2 * k + 1]!;
      const truth = phantom.findings.some(({ kind }) => kind === id);
      (scores[id] ??= []).push([margin, truth]);
      (right[id] ??= []).push(margin > 0 === truth);
    }
  }
  await model.release();
  return {
    precision: "int8",
    prompts: ["a chest radiograph with {finding}", "a chest radiograph without {finding}"],
    auc: Object.fromEntries(Object.entries(scores).map(([key, of]) => [key, area(of)])),
    accuracy: Object.fromEntries(Object.entries(right).map(([key, of]) => [key, shareOf(of)])),
  };
}

function shareOf(of: readonly boolean[]) {
  const hits = of.filter(Boolean).length;
  const { low, high } = wilsonInterval(hits, of.length);
  return { n: of.length, right: hits / of.length, low, high };
}

/** Area under the ROC curve, and how many of the films have the finding. */
function area(of: readonly (readonly [number, boolean])[]) {
  const yes = of.filter(([, has]) => has);
  const no = of.filter(([, has]) => !has);
  let wins = 0;
  for (const [a] of yes) for (const [b] of no) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return { n: of.length, positive: yes.length, auc: wins / (yes.length * no.length) };
}
