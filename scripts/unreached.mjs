// What no entry of the product reaches, tests aside (knip in production mode), against the list in unreached.json. The list
// may only shrink: what becomes unreachable goes with the change that left it, and what is reached again leaves the list
// (`node scripts/unreached.mjs --shrink` takes it off).
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./toolchain.mjs";

const LIST = path.join(ROOT, "scripts/unreached.json");

/** "file" for a whole file, "file: name" for one export of it. */
function unreached() {
  const knip = path.join(ROOT, "node_modules/knip/bin/knip.js");
  const options = ["--production", "--include", "files,exports", "--reporter", "json"];
  const report = execFileSync(process.execPath, [knip, ...options, "--no-exit-code"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return JSON.parse(report).issues.flatMap(({ file, files = [], exports = [] }) => [
    ...files.map(({ name }) => name),
    ...exports.map(({ name }) => `${file}: ${name}`),
  ]);
}

const found = new Set(unreached());
const listed = JSON.parse(readFileSync(LIST, "utf8"));
const known = new Set(listed);
const added = [...found].filter((name) => !known.has(name));
const gone = listed.filter((name) => !found.has(name));
if (process.argv.includes("--shrink")) {
  const kept = listed.filter((name) => found.has(name));
  writeFileSync(LIST, `${JSON.stringify(kept, null, 2)}\n`);
  gone.length = 0;
}
if (added.length > 0) {
  console.error(
    `Nothing of the product uses these any more; wire them up or delete them:\n  ${added.join("\n  ")}`,
  );
}
if (gone.length > 0) {
  console.error(
    `In use now, or gone; run node scripts/unreached.mjs --shrink:\n  ${gone.join("\n  ")}`,
  );
}
if (added.length + gone.length > 0) process.exitCode = 1;
