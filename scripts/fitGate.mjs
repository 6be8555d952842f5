// `node --no-warnings scripts/fitGate.mjs [PHANTOMS]`: fits the gate of the mixture of experts to phantoms as they are, to noisy
// ones and to ones with something over them, and writes src/defenses/several/gateWeights.json. Says how often it is right on
// phantoms that it was not fitted to.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { FEATURES } from "../src/defenses/quality.ts";
import { EXPERTS } from "../src/defenses/several/gate.ts";
import { modelInputOf } from "../src/experiment/source.ts";
import { randomStream } from "../src/numerics/random.ts";
import { PERTURBATIONS } from "../src/perturbations/registry.ts";
import { sampleSpec } from "../src/phantom/sample.ts";
import { readOptions, OptionError } from "./options.mjs";
import { ROOT } from "./toolchain.mjs";

const [count] = readOptions("Usage: node --no-warnings scripts/fitGate.mjs [PHANTOMS]", (given) => {
  const number = Number(given[0] ?? 60);
  if (given.length > 1 || !Number.isInteger(number) || number < 10) {
    throw new OptionError("PHANTOMS is a whole number of at least 10");
  }
  return [number];
});
const FIRST = 7600000;
const manifest = JSON.parse(
  readFileSync(path.join(ROOT, "public/models/base/manifest.json"), "utf8"),
);

/** One picture of each kind: `which` numbers the expert. */
function pictures(seed) {
  const { image } = modelInputOf(
    { kind: "phantom", phantom: sampleSpec(seed) },
    { kind: "full" },
    manifest.input,
    () => undefined,
  );
  const size = { width: manifest.input.size, height: manifest.input.size };
  const random = randomStream(seed, "gate");
  const made = (id, params) => PERTURBATIONS[id].apply(image, size, params, seed);
  const noisy =
    random.uniform() < 0.5
      ? made("gaussianNoise", { sigma: random.between(0.03, 0.2) })
      : made("quantumNoise", { severity: random.between(3, 5) });
  const kind = random.integer(3);
  const overlay =
    kind === 0
      ? made("gridLines", {
          amplitude: random.between(0.08, 0.3),
          linesPerCm: Math.round(random.between(30, 70)),
          angleDeg: random.uniform() < 0.5 ? 90 : 0,
        })
      : kind === 1
        ? made("filmText", {
            opacity: random.between(0.85, 1),
            x: random.between(0.3, 0.7),
            y: random.between(0.1, 0.9),
            words: random.integer(3),
          })
        : made("paintedPatch", {
            opacity: 1,
            strokes: [
              {
                points: [
                  [random.uniform(), random.uniform()],
                  [random.uniform(), random.uniform()],
                ],
                radius: random.between(0.02, 0.08),
                intensity: 1,
              },
            ],
          });
  return [image, noisy, overlay];
}

const rows = [];
for (let seed = FIRST; seed < FIRST + count; seed++) {
  pictures(seed).forEach((image, which) => {
    rows.push({
      seed,
      which,
      values: FEATURES.map(({ measure }) => measure(image, manifest.input.size).value),
    });
  });
}
const isHeldOut = ({ seed }) => (seed - FIRST) % 4 === 3;
const fit = rows.filter((row) => !isHeldOut(row));
const mean = FEATURES.map((_, f) => average(fit.map(({ values }) => values[f])));
const sd = FEATURES.map((_, f) =>
  Math.sqrt(average(fit.map(({ values }) => (values[f] - mean[f]) ** 2))),
);
const weights = EXPERTS.map(() => new Float64Array(FEATURES.length + 1));
const probabilities = ({ values }) => {
  const scores = weights.map((w) =>
    values.reduce((sum, v, f) => sum + (w[f + 1] * (v - mean[f])) / sd[f], w[0]),
  );
  const peak = Math.max(...scores);
  const exps = scores.map((s) => Math.exp(s - peak));
  const total = exps.reduce((a, b) => a + b, 0);
  return exps.map((e) => e / total);
};
// Gradient descent with a little weight decay; "normal" stays 0.
const DECAY = 0.003;
for (let step = 0; step < 4000; step++) {
  const slopes = weights.map((w) => w.map((v, f) => (f === 0 ? 0 : DECAY * v)));
  for (const row of fit) {
    probabilities(row).forEach((p, k) => {
      const error = (p - (row.which === k ? 1 : 0)) / fit.length;
      slopes[k][0] += error;
      row.values.forEach((v, f) => {
        slopes[k][f + 1] += (error * (v - mean[f])) / sd[f];
      });
    });
  }
  weights.forEach((w, k) => {
    if (k > 0)
      w.forEach((_, f) => {
        w[f] -= 0.5 * (slopes[k][f] - slopes[0][f]);
      });
  });
}
const round = (v) => Number(v.toPrecision(6));
const named = (value) => Object.fromEntries(FEATURES.map(({ id }, f) => [id, value(f)]));
writeFileSync(
  path.join(ROOT, "src/defenses/several/gateWeights.json"),
  `${JSON.stringify(
    {
      features: named((f) => ({ mean: round(mean[f]), sd: round(sd[f]) })),
      experts: Object.fromEntries(
        EXPERTS.slice(1).map((id, k) => [
          id,
          { bias: round(weights[k + 1][0]), ...named((f) => round(weights[k + 1][f + 1])) },
        ]),
      ),
    },
    null,
    2,
  )}\n`,
);
for (const { name, some } of [
  { name: "fitted", some: fit },
  { name: "held out", some: rows.filter(isHeldOut) },
]) {
  const right = EXPERTS.map(
    (_, k) =>
      some.filter(
        (row) =>
          row.which === k && probabilities(row).indexOf(Math.max(...probabilities(row))) === k,
      ).length,
  );
  console.log(
    `${name}: ${EXPERTS.map((id, k) => `${id} ${right[k]} of ${some.filter((row) => row.which === k).length}`).join(", ")}`,
  );
}
console.log(
  JSON.stringify(
    EXPERTS.map((_, k) =>
      FEATURES.map(
        ({ id }, f) =>
          `${id} ${average(rows.filter((r) => r.which === k).map((r) => r.values[f])).toFixed(2)}`,
      ),
    ),
  ),
);

function average(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
