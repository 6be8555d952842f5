// `npm run studies [NAME...]`: runs the bundled studies and writes their tables into docs/studies. Rows stay in studies/rows/.
import { readdirSync } from "node:fs";
import path from "node:path";
import { ROOT, run } from "./toolchain.mjs";

const all = readdirSync(path.join(ROOT, "studies"))
  .filter((file) => file.endsWith(".json"))
  .map((file) => path.basename(file, ".json"));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no study "${unknown[0]}": there are ${all.join(", ")}.`);
  process.exit(1);
}
const lab = (...args) =>
  run("node", ["--no-warnings", path.join(ROOT, "src/cli/lab.ts"), "study", ...args]);
for (const name of asked.length > 0 ? asked : all) {
  const rows = path.join(ROOT, "studies", "rows", name);
  const table = path.join(ROOT, "docs", "studies", `${name}.md`);
  const made = lab("run", path.join(ROOT, "studies", `${name}.json`), "--out", rows, "--resume");
  const status = made === 0 ? lab("report", rows, "--markdown", table) : made;
  if (status !== 0) process.exit(status);
}
