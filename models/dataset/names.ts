/**
 * The names that the lab and the model pipeline share, as one file of JSON: node models/dataset/names.ts [FILE]
 *
 * It is committed as models/penumbra_models/names.json, and names.test.ts fails when the two differ, so that no list is
 * written twice: findings and masks in the order of the rendered bytes, labels of the manifest, answer spaces, devices.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { readOptions } from "../../scripts/options.mjs";
import bank from "../../src/language/questionBank.json" with { type: "json" };
import { FINDING_TERMS } from "../../src/language/questionBank.ts";
import { FINDING_KINDS } from "../../src/phantom/spec.ts";
import { GRID, MASKS } from "./caseBytes.ts";

export function names() {
  return {
    findings: FINDING_KINDS,
    masks: MASKS,
    grid: GRID,
    labels: FINDING_TERMS.map(({ id }) => id),
    devices: FINDING_TERMS.filter(({ role }) => role === "device").map(({ id }) => id),
    answerSpaces: bank.answerSpaces,
    answers: Object.values(bank.answerSpaces).flat(),
    questionTypes: Object.keys(bank.types),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const text = `${JSON.stringify(names(), null, 2)}\n`;
  const [file] = readOptions(
    "Usage: names.ts [FILE]",
    (args) => parseArgs({ args, allowPositionals: true }).positionals,
  );
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}
