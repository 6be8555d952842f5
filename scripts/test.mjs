// `npm test`: everything that must hold, in one command. Each step prints its name; the last line sums the tests up.
// A check that fails without being a test (types, lint, format, dead code, build, size) counts as one failure.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { findChromium } from "./browser.mjs";
import { parseOptions, readOptions } from "./options.mjs";
import {
  ROOT,
  ensureBuilt,
  ensureInstalled,
  run,
  runBeside,
  runMeanwhile,
  runModestly,
} from "./toolchain.mjs";

readOptions("Usage: npm test\n\nRuns every check there is; takes no options.", (args) =>
  parseOptions(args, {}),
);

// An end from outside is an end for what runs beside this, too.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const RESULTS = path.join(ROOT, "test-results");
const UNIT_JSON = path.join(RESULTS, "unit.json");
const JOURNEYS_JSON = path.join(RESULTS, "journeys.json");

let passed = 0;
let failed = 0;
/** Name and first lines of each failure: they stand together at the end, where a long log is read first. */
const failures = [];

/** Prints, times and judges one step; a step that is no set of tests counts as one failure when it fails. */
async function step(name, work) {
  const ok = await timed(name, work);
  if (!ok) {
    failed++;
    failures.push({ name, message: "its own output stands above" });
  }
  return ok;
}

async function timed(name, work) {
  console.log(`\n== ${name}`);
  const started = Date.now();
  let ok = false;
  try {
    ok = await work();
  } catch (error) {
    console.error(error.message);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`== ${name}: ${ok ? "ok" : "FAILED"} (${seconds} s)`);
  return ok;
}

/** Runs a test runner and adds its counts; one that fails without naming a failed test counts as one failure. */
async function tests(name, runner, report, counts) {
  await timed(name, async () => {
    const status = await runner();
    const result = existsSync(report)
      ? counts(JSON.parse(readFileSync(report, "utf8")))
      : { passed: 0, failed: 0, failures: [] };
    if (result.passed === 0) console.error("No test passed.");
    const unnamed = result.failed === 0 && (status !== 0 || result.passed === 0) ? 1 : 0;
    passed += result.passed;
    failed += result.failed + unnamed;
    failures.push(...result.failures);
    if (unnamed > 0) {
      failures.push({ name, message: `the runner ended with ${status}, without naming a test` });
    }
    return result.failed + unnamed === 0;
  });
}

function unitFailures({ name, status, message, assertionResults }) {
  const file = path.relative(ROOT, name);
  const named = assertionResults
    .filter((test) => test.status === "failed")
    .map((test) => ({ name: `${file} > ${test.fullName}`, message: test.failureMessages[0] }));
  return named.length > 0 || status !== "failed" ? named : [{ name: file, message }];
}

function journeyFailures(suite) {
  const inner = (suite.suites ?? []).flatMap(journeyFailures);
  const own = (suite.specs ?? [])
    .filter((spec) => !spec.ok)
    .map((spec) => {
      const results = spec.tests.flatMap((test) => test.results);
      const message = results.find((result) => result.error)?.error.message;
      return { name: `${spec.file}:${spec.line} > ${spec.title}`, message };
    });
  return [...own, ...inner];
}

await step("packages", () => {
  ensureInstalled();
  return true;
});
if (failed === 0) {
  mkdirSync(RESULTS, { recursive: true });
  for (const report of [UNIT_JSON, JOURNEYS_JSON]) rmSync(report, { force: true });
  // A quarter of a minute on one core: beside the types and the linter.
  const formatting = runBeside(
    "npm",
    ["run", "--silent", "format:check"],
    path.join(RESULTS, "format.log"),
  );
  await step("types", () => run("tsc", ["-b"]) === 0);
  await step("lint", () => run("oxlint", ["--type-aware", "--deny-warnings"]) === 0);
  await step("dead code", () => run("knip", []) === 0);
  await step("unreached code", () => run("node", ["scripts/unreached.mjs"]) === 0);
  const formatted = await formatting;
  await step("format", () => {
    process.stdout.write(formatted.output);
    return formatted.status === 0;
  });
  const built = await step("build", () => {
    ensureBuilt();
    return true;
  });
  await step(
    "size of what a first visit loads",
    () => run("node", ["scripts/entrySize.mjs"]) === 0,
  );
  // A third of the time that the journeys take, both cores wait: for a browser to start, a picture to be drawn, a
  // page to settle. The unit tests take that time, and say what they found when the journeys have said theirs.
  const units = runModestly(
    "vitest",
    ["run", "--reporter=default", "--reporter=json", `--outputFile=${UNIT_JSON}`],
    path.join(RESULTS, "unit.log"),
  );
  if (built) {
    let browser;
    await step("browser", () => Boolean((browser = findChromium())));
    if (browser) {
      console.log("\nThe unit tests run beside the journeys and are told after them.");
      await tests(
        "journeys",
        () =>
          runMeanwhile(
            "playwright",
            ["test", "-c", "e2e/playwright.config.ts", "--reporter=list,json"],
            { PENUMBRA_CHROMIUM: browser, PLAYWRIGHT_JSON_OUTPUT_NAME: JOURNEYS_JSON },
          ),
        JOURNEYS_JSON,
        ({ stats, suites }) => ({
          passed: stats.expected,
          failed: stats.unexpected + stats.flaky,
          failures: suites.flatMap(journeyFailures),
        }),
      );
    }
  }
  await tests(
    "unit tests",
    async () => {
      units.claim();
      const { status, output } = await units.ended;
      process.stdout.write(output);
      return status;
    },
    UNIT_JSON,
    (report) => ({
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      failures: report.testResults.flatMap(unitFailures),
    }),
  );
}
if (failures.length > 0) {
  console.log("\n== What failed");
  for (const { name, message } of failures) {
    console.log(`\n${name}`);
    const lines = stripVTControlCharacters(message ?? "no message").split("\n");
    for (const line of lines.slice(0, 12)) console.log(`    ${line}`);
  }
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
