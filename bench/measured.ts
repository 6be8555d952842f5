/**
 * `npm run bench:answers`: how often each bundled model is right, by the kind of wording and by the confidence it
 * states, on phantoms that no training run draws. Writes src/model/measured.json, which the page shows beside its percentages; the
 * numbers on real films are those of the model's own evaluation.json. Run it again whenever weights change: a test compares their hash.
 * A model whose weights were measured before keeps its numbers, unless --all; with --only ID, which may be repeated, nothing but those is measured.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { countNamed, parseOptions, readOptions } from "../scripts/options.mjs";
import { ROOT } from "../scripts/toolchain.mjs";
import { openBundledModel } from "../src/cli/nodeLab.ts";
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { snapToByteLattice } from "../src/image/grayImage.ts";
import { decodeAnswer } from "../src/language/answer.ts";
import { expandQuestions } from "../src/language/questionBank.ts";
import { answerFor } from "../src/language/questionTruth.ts";
import { BUNDLED_MODELS } from "../src/model/catalog.ts";
import { BANDS, bandOf, measuredModel, wordingKinds } from "../src/model/measured.ts";
import type { Calibration, MeasuredAuc, MeasuredModel } from "../src/model/measured.ts";
import { renderPhantom } from "../src/phantom/phantom.ts";
import { sampleSpec } from "../src/phantom/sample.ts";
import { writeFormatted } from "./writeFormatted.ts";

const FIRST_SEED = 5_020_000;
const { phantoms, ...values } = readOptions(
  "Usage: npm run bench:answers -- [--phantoms N] [--all] [--only ID]...",
  (args) => {
    const given = parseOptions(args, {
      phantoms: { type: "string", default: "60" },
      all: { type: "boolean", default: false },
      only: { type: "string", multiple: true },
    });
    return { ...given, phantoms: countNamed("phantoms", given.phantoms) };
  },
);

const models: Record<string, MeasuredModel> = {};
for (const { id } of BUNDLED_MODELS) {
  const kept = values.all ? undefined : keptOf(id);
  models[id] = kept ?? (await measure(id));
  console.log(`${id}: ${Object.keys(models[id].wordings).length} kinds of wordings`);
}
await writeFormatted(path.join(ROOT, "src/model/measured.json"), JSON.stringify(models));
process.exit(0);

function keptOf(id: string): MeasuredModel | undefined {
  if (!values.only) return measuredBefore(id);
  return values.only.includes(id) ? undefined : measuredModel(id);
}

function measuredBefore(id: string): MeasuredModel | undefined {
  const known = measuredModel(id);
  const manifest = path.join(ROOT, "public/models", id, "manifest.json");
  if (known?.phantoms !== phantoms) return undefined;
  const text = readFileSync(manifest, "utf8");
  return [known.visionSha256, known.answerSha256].every((hash) => text.includes(hash))
    ? known
    : undefined;
}

async function measure(id: string): Promise<MeasuredModel> {
  const folder = path.join(ROOT, "public/models", id);
  const evaluation = JSON.parse(readFileSync(path.join(folder, "evaluation.json"), "utf8"));
  const { defaultPrecision: precision } = JSON.parse(
    readFileSync(path.join(folder, "manifest.json"), "utf8"),
  );
  const model = await openBundledModel(id, precision, nodeSessions());
  const bank = expandQuestions().filter((q) => q.equivalent || q.scope !== null);
  const wordings: Record<string, { right: number[]; n: number[] }> = {};
  const zeros = () => BANDS.map(() => 0);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + phantoms; seed++) {
    const phantom = renderPhantom(sampleSpec(seed), model.manifest.input.size);
    const image = phantom.image.slice();
    snapToByteLattice(image);
    const { tokens } = await model.encode(image);
    for (const question of bank) {
      const truth = answerFor(question, phantom);
      if (truth === null) continue;
      const { answers, tokenIds } = model.manifest.answerSpaces[question.answerSpace]!;
      const { logits } = await model.answer(tokens, model.encodePrompt(question.text));
      const { answer, probabilities } = decodeAnswer(logits, answers, tokenIds, 1);
      const band = bandOf(probabilities[answer]!);
      for (const kind of wordingKinds({
        type: question.type,
        isScoped: question.type === "presence" && question.scope !== null,
        trained: !question.heldOut,
        strategy: question.strategy,
      })) {
        const counts = (wordings[kind] ??= { right: zeros(), n: zeros() });
        counts.n[band]!++;
        if (answer === truth) counts.right[band]!++;
      }
    }
  }
  const hashOf = (role: string) =>
    model.manifest.files.find((file) => file.role === role && file.precision === precision)!.sha256;
  await model.release();
  return {
    visionSha256: hashOf("vision"),
    answerSha256: hashOf("answer"),
    precision,
    phantoms,
    adults: onFilms(evaluation.adults.findings),
    children: onFilms({ pneumonia: evaluation.kermanyTest }),
    calibration: {
      adult: calibrationOf(evaluation.adults.calibration),
      child: calibrationOf(evaluation.kermanyTest),
    },
    wordings,
  };
}

function calibrationOf({ n, ece, temperature, eceCalibrated }: Calibration): Calibration {
  return { n, ece, temperature, eceCalibrated };
}

function onFilms(measured: Readonly<Record<string, MeasuredAuc>>): Record<string, MeasuredAuc> {
  return Object.fromEntries(
    Object.entries(measured).map(([name, { auc, low, high, n }]) => [name, { auc, low, high, n }]),
  );
}
