/**
 * `npm run bench:severities`: five strengths of every perturbation, calibrated on phantoms that no training run draws by two
 * measures at once, since each alone misses something: how unlike the picture becomes (1 - SSIM) and how often the base model's
 * answers turn. The strength of severity k is the largest at which neither is above its limit, or the
 * smallest step above severity k - 1 where every step is more. Writes
 * src/perturbations/severities.json, which `lab list` shows and studies vary by. --only ID,ID measures these and keeps the others' numbers.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { countNamed, parseOptions, readOptions } from "../scripts/options.mjs";
import { ROOT } from "../scripts/toolchain.mjs";
import { openBundledModel } from "../src/cli/nodeLab.ts";
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { grayImage, snapToByteLattice } from "../src/image/grayImage.ts";
import { ssim } from "../src/image/ssim.ts";
import { plainQuestions } from "../src/language/questionBank.ts";
import { mean } from "../src/numerics/sums.ts";
import { PERTURBATIONS } from "../src/perturbations/registry.ts";
import type { PerturbationId } from "../src/perturbations/registry.ts";
import { LIMITS } from "../src/perturbations/severities.ts";
import type { Calibration, Severities } from "../src/perturbations/severities.ts";
import { renderPhantom } from "../src/phantom/phantom.ts";
import { sampleSpec } from "../src/phantom/sample.ts";
import { modelSystem } from "../src/system/modelSystem.ts";
import { writeFormatted } from "./writeFormatted.ts";

const MODEL = "base";
const FIRST_SEED = 7_800_000;
/** What a brush would have painted, for the one member that needs it: a spot over the left upper field. */
const STROKES = [{ points: [[0.68, 0.3]], radius: 0.06, intensity: 1, erase: false }];
/** Presence questions, in the order of the bank. */
const QUESTIONS = 6;
/** Points of the curve of SSIM over the strength. */
const POINTS = 8;
/** How often a strength whose answers turn too often is moved halfway to the severity below. */
const HALVINGS = 3;

const values = readOptions(
  "Usage: npm run bench:severities -- [--phantoms N] [--only ID,ID] [--out FILE]",
  (args) => {
    const given = parseOptions(args, {
      phantoms: { type: "string", default: "6" },
      only: { type: "string" },
      out: { type: "string", default: path.join(ROOT, "src/perturbations/severities.json") },
    });
    return { ...given, phantoms: countNamed("phantoms", given.phantoms) };
  },
);

const model = await openBundledModel(MODEL, "int8", nodeSessions(1));
const system = modelSystem(MODEL, model, async () => {});
const wordings = plainQuestions()
  .filter(({ type }) => type === "presence")
  .slice(0, QUESTIONS);
const pictures = Array.from({ length: values.phantoms }, (_, k) => {
  const picture = renderPhantom(sampleSpec(FIRST_SEED + k), system.size).image.slice();
  snapToByteLattice(picture);
  return picture;
});
const answersTo = async (picture: Float32Array) =>
  (await system.read(picture, wordings)).answers.map(({ answer }) => answer);
const clean: string[][] = [];
for (const picture of pictures) clean.push(await answersTo(picture));

const only = values.only?.split(",");
const known = only
  ? (JSON.parse(readFileSync(values.out, "utf8")) as Severities).perturbations
  : {};
const made: Record<string, Calibration> = {};
for (const id of Object.keys(PERTURBATIONS) as PerturbationId[]) {
  const kept = only?.includes(id) ? undefined : known[id];
  if (only && !kept && !only.includes(id)) continue;
  made[id] = kept ?? (await calibrated(id));
  console.log(id, JSON.stringify(made[id]));
  const severities: Severities = {
    model: system.key,
    firstSeed: FIRST_SEED,
    phantoms: pictures.length,
    answers: pictures.length * wordings.length,
    limits: LIMITS,
    perturbations: made,
  };
  await writeFormatted(values.out, JSON.stringify(severities));
}
process.exit(0);

async function calibrated(id: PerturbationId): Promise<Calibration> {
  const member = PERTURBATIONS[id];
  const { max, step } = member.params[member.strength]!;
  const onGrid = (value: number) =>
    Number(Math.min(max, Math.max(step, Math.round(value / step) * step)).toPrecision(6));
  const disturbed = (strength: number, k: number) => {
    const params = { strokes: STROKES, [member.strength]: strength };
    const size = { width: system.size, height: system.size };
    const out = member.apply(pictures[k]!, size, params, 1 + k);
    snapToByteLattice(out);
    return out;
  };
  const gray = (data: Float32Array) => grayImage(data, system.size, system.size);
  const unlike = (strength: number) =>
    1 - mean(pictures.map((picture, k) => ssim(gray(picture), gray(disturbed(strength, k)))));
  const turned = async (strength: number) => {
    let count = 0;
    for (const k of pictures.keys()) {
      const now = await answersTo(disturbed(strength, k));
      count += now.filter((answer, i) => answer !== clean[k]![i]).length;
    }
    return count / (pictures.length * wordings.length);
  };

  const curve = Array.from({ length: POINTS }, (_, i) => {
    const strength = onGrid((max * (i + 1)) / POINTS);
    return { strength, unlike: unlike(strength) };
  });
  // What can't go so far is spread over what it can.
  const most = Math.max(...curve.map((point) => point.unlike));
  const reach = Math.min(1, most / LIMITS.unlike[4]);
  const strengths: number[] = [];
  const found: { ssim: number; flips: number }[] = [];
  for (const k of LIMITS.unlike.keys()) {
    const below = strengths.at(-1) ?? 0;
    let strength = Math.max(
      onGrid(below + step),
      onGrid(reached(curve, reach * LIMITS.unlike[k]!)),
    );
    let flips = await turned(strength);
    for (let halving = 0; halving < HALVINGS && flips > LIMITS.flips[k]!; halving++) {
      const nearer = onGrid((below + strength) / 2);
      if (!(nearer > below && nearer < strength)) break;
      strength = nearer;
      flips = await turned(strength);
    }
    strengths.push(strength);
    found.push({ ssim: 1 - unlike(strength), flips });
  }
  const rounded = (value: number) => Number(value.toFixed(4));
  return {
    strengths,
    ssim: found.map((each) => rounded(each.ssim)),
    flips: found.map(({ flips }) => rounded(flips)),
  };
}

/** The strength at which the curve first reaches so much, linear between its points. */
function reached(
  curve: readonly { readonly strength: number; readonly unlike: number }[],
  wanted: number,
): number {
  let before = { strength: 0, unlike: 0 };
  for (const point of curve) {
    if (point.unlike >= wanted) {
      const share = (wanted - before.unlike) / (point.unlike - before.unlike || 1);
      return before.strength + share * (point.strength - before.strength);
    }
    before = point;
  }
  return before.strength;
}
