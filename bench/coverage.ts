/**
 * `npm run bench:coverage`: how often a bound that is watched at every n is ever wrong, by simulation, into docs/coverage.md.
 * The wealth of gridBet at the true mean is computed here anew, value by value: the bound has passed the mean if and only if that wealth has
 * reached 1 / alpha. In the first runs of each row that is checked against src/certificates/gridBet.ts itself.
 */
import path from "node:path";
import { gridBet } from "../src/certificates/gridBet.ts";
import { binomialQuantile } from "../src/numerics/binomial.ts";
import { randomStream } from "../src/numerics/random.ts";
import type { RandomStream } from "../src/numerics/random.ts";
import { ROOT } from "../scripts/toolchain.mjs";
import { writeFormatted } from "./writeFormatted.ts";

const RUNS = 3000;
const LONGEST = 5000;
/** Runs of each row in which the bound itself is asked too. */
const CHECKED = 40;
const ALPHAS = [0.05, 0.01];

interface Source {
  readonly name: string;
  readonly mean: number;
  /** Votes: Clopper-Pearson speaks of no other values. */
  readonly isVote: boolean;
  draw(random: RandomStream): number;
}

const votes = (p: number): Source => ({
  name: `votes, ${p}`,
  mean: p,
  isVote: true,
  draw: (random) => (random.uniform() < p ? 1 : 0),
});

const SOURCES: readonly Source[] = [
  votes(0.95),
  votes(0.8),
  votes(0.99),
  votes(0.5),
  beta("beta, mean .9, sd .2", 0.9, 0.2),
  beta("beta, mean .95, sd .03", 0.95, 0.03),
  {
    name: "rare zeros, mean .998",
    mean: 0.998,
    isVote: true,
    draw: (r) => (r.uniform() < 0.998 ? 1 : 0),
  },
  {
    name: "two points, .7 and 1",
    mean: 0.94,
    isVote: false,
    draw: (r) => (r.uniform() < 0.2 ? 0.7 : 1),
  },
];

/** By two gamma variables (Marsaglia & Tsang 2000). */
function beta(name: string, mean: number, sd: number): Source {
  const total = (mean * (1 - mean)) / (sd * sd) - 1;
  const [a, b] = [mean * total, (1 - mean) * total];
  return {
    name,
    mean,
    isVote: false,
    draw: (random) => {
      const x = gamma(a, random);
      return x / (x + gamma(b, random));
    },
  };
}

function gamma(shape: number, random: RandomStream): number {
  if (shape < 1) return gamma(shape + 1, random) * random.uniform() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return d * v;
  }
}

const FRACTIONS = Array.from({ length: 16 }, (_, j) => 0.01 ** (1 - j / 15));
const ROOTS = FRACTIONS.map(Math.sqrt).reduce((sum, root) => sum + root, 0);
const WEIGHTS = FRACTIONS.map((f, j) => (0.75 * Math.sqrt(f)) / ROOTS + (j === 15 ? 0.25 : 0));

interface Wrong {
  gridBet: number;
  clopperPearson: number;
  clopperPearsonAtEnd: number;
  hoeffding: number;
}

function simulate(source: Source, alpha: number): Wrong {
  const wrong: Wrong = { gridBet: 0, clopperPearson: 0, clopperPearsonAtEnd: 0, hoeffding: 0 };
  // The bound passes the mean when so many successes have a chance of less than alpha.
  const least = Int32Array.from({ length: LONGEST + 1 }, (_, n) =>
    n === 0 ? 1 : binomialQuantile(1 - alpha, n, source.mean) + 1,
  );
  for (let run = 0; run < RUNS; run++) {
    const random = randomStream(run, "coverage", source.name);
    const terms = Float64Array.from(WEIGHTS);
    const bound = run < CHECKED ? gridBet() : undefined;
    const seen = { gridBet: false, clopperPearson: false, hoeffding: false };
    let sum = 0;
    for (let n = 1; n <= LONGEST; n++) {
      const value = source.draw(random);
      sum += value;
      const steps = Math.floor(65_536 * value) / 65_536;
      let wealth = 0;
      for (let j = 0; j < terms.length; j++) {
        terms[j]! *= 1 + FRACTIONS[j]! * (steps / source.mean - 1);
        wealth += terms[j]!;
      }
      bound?.add(value);
      if (!seen.gridBet && wealth >= 1 / alpha) {
        seen.gridBet = true;
        if (bound && !(bound.lowerBound(alpha) >= source.mean - 1e-6)) {
          throw new Error(`${source.name}, run ${run}: the bound disagrees at ${n}`);
        }
      }
      if (source.isVote && Math.round(sum) >= least[n]!) seen.clopperPearson = true;
      if (sum / n - Math.sqrt(Math.log(1 / alpha) / (2 * n)) > source.mean) seen.hoeffding = true;
    }
    if (bound && !seen.gridBet && bound.lowerBound(alpha) > source.mean) {
      throw new Error(`${source.name}, run ${run}: the bound disagrees at the end`);
    }
    wrong.gridBet += Number(seen.gridBet);
    wrong.clopperPearson += Number(seen.clopperPearson);
    wrong.hoeffding += Number(seen.hoeffding);
    if (source.isVote && Math.round(sum) >= least[LONGEST]!) wrong.clopperPearsonAtEnd++;
  }
  return wrong;
}

const share = (count: number) => (count / RUNS).toFixed(4).replace(/^0/, "");
const lines = ALPHAS.flatMap((alpha) =>
  SOURCES.map((source) => {
    const wrong = simulate(source, alpha);
    const ofVotes = (count: number) => (source.isVote ? share(count) : "");
    const cells = [
      source.name,
      String(alpha),
      share(wrong.gridBet),
      ofVotes(wrong.clopperPearson),
      ofVotes(wrong.clopperPearsonAtEnd),
      share(wrong.hoeffding),
    ];
    console.log(cells.join("  "));
    return `| ${cells.join(" | ")} |`;
  }),
);

await writeFormatted(
  path.join(ROOT, "docs/coverage.md"),
  `# How often a watched bound is wrong

A certificate is watched while its samples arrive, so its bound must hold at every n at once. ${RUNS} simulated runs of
${LONGEST} values each, looked at after every value: the share of runs in which the lower bound ever passed the true mean. Made by
\`npm run bench:coverage\`; seeds are the runs' numbers.

The bound of the lab (\`src/certificates/gridBet.ts\`) is wrong at most at rate alpha, give or take the chance of ${RUNS} runs (one
standard error is .004 at alpha .05 and .002 at .01). Clopper-Pearson is right at one n fixed beforehand (its column "at the end
alone") and wrong several times too often when it is watched. So is Hoeffding for votes near one half; elsewhere it is too wide to be wrong.

| values | alpha | lab's bound, watched | Clopper-Pearson, watched | at the end alone | Hoeffding, watched |
| --- | --- | --- | --- | --- | --- |
${lines.join("\n")}
`,
);
