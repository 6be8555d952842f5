// `npm run studies [NAME...]`: runs the bundled studies and writes their tables into docs/studies, as numbers too where the
// model cards quote them (`npm run cards`). Rows stay in studies/rows/.
import { readdirSync } from "node:fs";
import path from "node:path";
import { OptionError, readOptions } from "./options.mjs";
import { ROOT, run } from "./toolchain.mjs";

/** Those that scripts/cardSections.ts reads. */
const QUOTED = [
  "gaussian-score-by-model",
  "epsilon-attack-model",
  "strongest-attack-by-model",
  "wording-by-model",
  "wording-by-adapter",
  "learned-frequency",
];
const all = readdirSync(path.join(ROOT, "studies"))
  .filter((file) => file.endsWith(".json"))
  .map((file) => path.basename(file, ".json"));
const asked = readOptions(`Usage: npm run studies -- [${all.join(" | ")}]...`, (names) => {
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new OptionError(`There is no study "${unknown}"`);
  return names;
});
const lab = (...args) =>
  run("node", ["--no-warnings", path.join(ROOT, "src/cli/lab.ts"), "study", ...args]);
for (const name of asked.length > 0 ? asked : all) {
  const rows = path.join(ROOT, "studies", "rows", name);
  const table = path.join(ROOT, "docs", "studies", `${name}.md`);
  const numbers = QUOTED.includes(name) ? ["--summary", table.replace(/md$/, "json")] : [];
  const made = lab("run", path.join(ROOT, "studies", `${name}.json`), "--out", rows, "--resume");
  const status = made === 0 ? lab("report", rows, "--markdown", table, ...numbers) : made;
  if (status !== 0) process.exit(status);
}
