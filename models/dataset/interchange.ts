/**
 * Where a targeted adapter would begin: causal interchange between wordings (the lab's own instrument) over phantoms, summed.
 *
 *   node models/dataset/interchange.ts --seeds A:B --out FILE
 *
 * For each phantom and finding the answer's margin under the plain wording and under the wording whose margin differs most; the share
 * of that difference that each attention of the decoder carries, by query, value and head. `targeted` are the two attentions whose queries
 * and values carry most, by their names in the network.
 */
import { writeFileSync } from "node:fs";
import { OptionError, parseOptions, readOptions } from "../../scripts/options.mjs";
import { nodeLab } from "../../src/cli/nodeLab.ts";
import { nodeSessions } from "../../src/cli/nodeSessions.ts";
import type { ExperimentSpec } from "../../src/experiment/spec.ts";
import type { InstrumentResult } from "../../src/experiment/instruments/instrumentResult.ts";
import { sampleSpec } from "../../src/phantom/sample.ts";
import { baseExperiment } from "../../src/study/baseExperiment.ts";

/** Names in the network, of what the instrument calls by its order. */
const PLACES: Readonly<Record<string, string>> = {
  "answer self-attention 1": "blocks.0.attention",
  "answer attention to the picture 1": "blocks.0.cross",
  "answer self-attention 2": "blocks.1.attention",
  "answer attention to the picture 2": "blocks.1.cross",
};
const QUESTIONS = [
  "Is there a pleural effusion?",
  "Is there a pneumothorax?",
  "Is there cardiomegaly?",
  "Is there a nodule?",
];

const { first, last, out } = readOptions("Usage: interchange.ts --seeds A:B --out FILE", (args) => {
  const values = parseOptions(args, { seeds: { type: "string" }, out: { type: "string" } });
  const [from, to] = (values.seeds ?? "").split(":").map(Number);
  if (from === undefined || to === undefined || !(to > from)) {
    throw new OptionError("--seeds takes two whole numbers, the first and the one after the last");
  }
  if (!values.out) throw new OptionError("--out names the file to write");
  return { first: from, last: to, out: values.out };
});

const lab = nodeLab(nodeSessions(1));
/** By place and column, effects towards the source's margin, in logits. */
const sums = new Map<string, Map<string, number>>();
let [cases, whole] = [0, 0];
for (let seed = first; seed < last; seed++) {
  for (const question of QUESTIONS) {
    const result = await interchanged(seed, question);
    const total = result?.quantities.find(({ id }) => id === "whole")?.value;
    const plot = result?.plots?.find(({ id }) => id === "effect");
    if (total === undefined || plot?.kind !== "heat") continue;
    cases++;
    whole += Math.abs(total);
    for (const [r, row] of plot.rows.entries()) {
      const place = PLACES[row];
      if (place === undefined) continue;
      const own = sums.get(place) ?? new Map<string, number>();
      sums.set(place, own);
      for (const [c, column] of plot.columns.entries()) {
        const effect = plot.values[r * plot.columns.length + c]! * Math.sign(total);
        own.set(column, (own.get(column) ?? 0) + effect);
      }
    }
  }
}

const shares = [...sums].map(([place, own]) => ({
  place,
  shares: Object.fromEntries(
    [...own].map(([column, sum]) => [column, Math.round((1e4 * sum) / whole) / 1e4]),
  ),
}));
const carried = (of: (typeof shares)[number]) => of.shares["query"]! + of.shares["value"]!;
const targeted = shares
  .toSorted((a, b) => carried(b) - carried(a))
  .slice(0, 2)
  .map(({ place }) => place)
  .toSorted();
const found = {
  model: "base int8",
  seeds: [first, last],
  cases,
  meanDifference: whole / cases,
  shares,
  targeted,
};
writeFileSync(out, `${JSON.stringify(found, null, 1)}\n`);

async function interchanged(seed: number, question: string): Promise<InstrumentResult | undefined> {
  const spec: ExperimentSpec = {
    ...baseExperiment(),
    case: { kind: "phantom", phantom: sampleSpec(seed) },
    question,
    instruments: [
      { instrument: "causalInterchange", enabled: true, seed: 1, params: { between: 1 } },
    ],
  };
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage" && event.stage === "instrument:causalInterchange") {
      return event.payload as InstrumentResult;
    }
  }
  return undefined;
}
