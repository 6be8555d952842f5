/**
 * Questions, answers and tokenizer text for the Python trainer, from the lab's own question bank.
 *
 *   node models/dataset/questions.ts --out questions.jsonl
 *       One line per wording that has an answer: findingId, type, answerSpace, text (lower case), strategy, polarity,
 *       heldOut, canonicalId, scope (narrowed presence questions) and side (comparisons). A wording's index is its
 *       line number from 0. Held-out wordings are listed too: training must skip them, evaluation wants them.
 *       With --adapter those that only adapters hear follow (adapterWordings.ts).
 *   node models/dataset/questions.ts --cases cases.jsonl --out answers.jsonl
 *       One line per case: [[index, word], ...] for every question that applies. With --first, only one wording (the
 *       first) of each question and polarity: the others follow from it.
 *   node models/dataset/questions.ts --corpus [--cases cases.jsonl] --out corpus.txt
 *       Text for the tokenizer: every wording, every answer word often enough to become one token, and the distinct
 *       report sentences of the cases.
 *
 * A case is a phantom of render.ts, or {"pneumonia": true | false} for a real radiograph. No --out means stdout.
 */
import { closeSync, createReadStream, openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseOptions, readOptions } from "../../scripts/options.mjs";
import bank from "../../src/language/questionBank.json" with { type: "json" };
import { FINDING_TERMS, expandQuestions } from "../../src/language/questionBank.ts";
import { answerFor } from "../../src/language/questionTruth.ts";
import type { CaseTruth } from "../../src/language/questionTruth.ts";
import { adapterWordings } from "./adapterWordings.ts";
import { trainingWordings } from "./trainingWordings.ts";

type CaseLine = CaseTruth & { readonly report?: readonly string[] };

const ANSWER_REPEATS = 50;
const FLUSH_CHARACTERS = 1 << 20;

const values = readOptions(
  "Usage: questions.ts [--cases FILE] [--out FILE] [--corpus] [--first] [--adapter]",
  (args) =>
    parseOptions(args, {
      out: { type: "string" },
      cases: { type: "string" },
      corpus: { type: "boolean", default: false },
      first: { type: "boolean", default: false },
      adapter: { type: "boolean", default: false },
    }),
);
/** Non-equivalent wordings without a scope of their own have no agreed answer. */
const questions = expandQuestions().filter((q) => q.equivalent || q.scope !== null);

const descriptor = values.out === undefined ? 1 : openSync(values.out, "w");
let pending = "";
for await (const line of outputLines()) {
  pending += `${line}\n`;
  if (pending.length > FLUSH_CHARACTERS) flush();
}
flush();
if (descriptor !== 1) closeSync(descriptor);

function outputLines(): Iterable<string> | AsyncIterable<string> {
  if (values.corpus) return corpusLines(values.cases);
  return values.cases === undefined ? questionLines() : answerLines(values.cases, values.first);
}

function* questionLines(): Generator<string> {
  for (const q of questions) {
    const comparison = q.type === "comparison";
    yield JSON.stringify({
      findingId: q.findingId,
      type: q.type,
      answerSpace: q.answerSpace,
      text: q.text.toLowerCase(),
      strategy: q.strategy,
      polarity: q.polarity,
      heldOut: q.heldOut,
      canonicalId: q.canonicalId,
      scope: comparison ? null : q.scope,
      side: comparison ? (q.scope?.side ?? null) : null,
    });
  }
  const taught = trainingWordings(FINDING_TERMS).map((wording) => ({
    ...wording,
    strategy: "training",
  }));
  const more = values.adapter ? adapterWordings(FINDING_TERMS) : [];
  for (const { canonicalId, text, polarity, strategy } of [...taught, ...more]) {
    const plain = questions.find((q) => q.canonicalId === canonicalId);
    if (!plain) throw new Error(`The question bank has no ${canonicalId}.`);
    const comparison = plain.type === "comparison";
    yield JSON.stringify({
      findingId: plain.findingId,
      type: plain.type,
      answerSpace: plain.answerSpace,
      text,
      strategy,
      polarity,
      heldOut: strategy === "choosing",
      canonicalId,
      scope: comparison ? null : plain.scope,
      side: comparison ? (plain.scope?.side ?? null) : null,
    });
  }
}

async function* answerLines(file: string, firstOnly: boolean): AsyncGenerator<string> {
  const seen = new Set<string>();
  const asked = [...questions.entries()].filter(([, q]) => {
    const key = `${q.canonicalId} ${q.polarity}`;
    if (firstOnly && seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  for await (const truth of readCases(file)) {
    const pairs = asked.map(([index, q]) => [index, answerFor(q, truth)] as const);
    yield JSON.stringify(pairs.filter(([, word]) => word !== null));
  }
}

async function* corpusLines(casesFile: string | undefined): AsyncGenerator<string> {
  for (const q of questions) yield q.text.toLowerCase();
  for (const word of Object.values(bank.answerSpaces).flat()) {
    for (let i = 0; i < ANSWER_REPEATS; i++) yield word;
  }
  if (casesFile === undefined) return;
  const sentences = new Set<string>();
  for await (const { report } of readCases(casesFile))
    for (const s of report ?? []) sentences.add(s);
  yield* [...sentences].sort();
}

async function* readCases(file: string): AsyncGenerator<CaseLine> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    number++;
    if (line === "") continue;
    const truth = JSON.parse(line) as CaseLine;
    if (!truth.findings && truth.pneumonia === undefined) {
      throw new Error(`${file}, line ${number}: neither findings nor a pneumonia label.`);
    }
    yield truth;
  }
}

function flush(): void {
  const bytes = Buffer.from(pending);
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
  pending = "";
}
