import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const ROOT = path.join(import.meta.dirname, "..");

/** Everything of ours that is started from a command line without the headless lab, which has its own tests. */
const COMMANDS = [
  "scripts/start.mjs",
  "scripts/test.mjs",
  "scripts/serve.mjs",
  "scripts/screenshot.mjs",
  "bench/run.ts",
  "bench/measured.ts",
  "bench/filmCounts.ts",
  "bench/populations.ts",
  "bench/severities.ts",
  "bench/visionLanguage.ts",
  "models/dataset/names.ts",
  "models/dataset/questions.ts",
  "models/dataset/render.ts",
  "models/dataset/outside.ts",
  "models/dataset/contactSheet.ts",
];

function call(file: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--no-warnings", path.join(ROOT, file), ...args],
    { encoding: "utf8", env: { ...process.env, PORT: "" } },
  );
  return { status, stdout, stderr };
}

it.each(COMMANDS)("%s refuses an unknown option in one sentence, without a stack", (file) => {
  const { status, stderr } = call(file, "--such");
  expect(stderr).toMatch(/^[^\n]*--such[^\n]*\.\n\nUsage: /);
  expect(stderr).not.toMatch(/\n\s+at |node:/);
  expect(status).toBe(2);
});

it.each(["scripts/start.mjs", "scripts/test.mjs"])("%s --help tells its usage", (file) => {
  const { status, stdout, stderr } = call(file, "--help");
  expect(stdout).toMatch(/^Usage: npm /);
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

it.each([
  [["--port", "abc"], '"abc" is not a port'],
  [["--port", "70000"], '"70000" is not a port'],
  [["--port"], "argument missing"],
  [["here"], "'here'"],
])("npm start -- %s is refused", (args, sentence) => {
  const { status, stderr } = call("scripts/start.mjs", ...args);
  expect(stderr.split("\n")[0]).toContain(sentence);
  expect(status).toBe(2);
});

it("no script and no bench reads its arguments by other means", () => {
  const others = ["scripts", "bench"].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((name) => /\.(mjs|ts)$/.test(name) && !name.endsWith(".test.ts"))
      .map((name) => `${folder}/${name}`),
  );
  const reading = others.filter((name) =>
    /parseArgs\(|process\.argv\.slice/.test(readFileSync(path.join(ROOT, name), "utf8")),
  );
  // encoders.ts is a part of the bench in a process of its own, which bench/run.ts alone starts.
  expect(reading).toEqual(["scripts/options.mjs", "bench/encoders.ts"]);
});
