// `npm test`: everything that must hold, in one command. Each step prints its name; the last line sums the tests up.
// A check that fails without being a test (types, lint, format, dead code, build, size) counts as one failure.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { findChromium } from "./browser.mjs";
import { parseOptions, readOptions } from "./options.mjs";
import { ROOT, ensureBuilt, ensureInstalled, run, runBeside } from "./toolchain.mjs";

readOptions("Usage: npm test\n\nRuns every check there is; takes no options.", (args) =>
  parseOptions(args, {}),
);

const RESULTS = path.join(ROOT, "test-results");
const UNIT_JSON = path.join(RESULTS, "unit.json");
const JOURNEYS_JSON = path.join(RESULTS, "journeys.json");

let passed = 0;
let failed = 0;
/** Name and first lines of each failure: they stand together at the end, where a long log is read first. */
const failures = [];

/** Prints, times and judges one step; a step that is no set of tests counts as one failure when it fails. */
function step(name, work) {
  const ok = timed(name, work);
  if (!ok) {
    failed++;
    failures.push({ name, message: "its own output stands above" });
  }
  return ok;
}

function timed(name, work) {
  console.log(`\n== ${name}`);
  const started = Date.now();
  let ok = false;
  try {
    ok = work();
  } catch (error) {
    console.error(error.message);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`== ${name}: ${ok ? "ok" : "FAILED"} (${seconds} s)`);
  return ok;
}

/** Runs a test runner and adds its counts; one that fails without naming a failed test counts as one failure. */
function tests(name, runner, report, counts) {
  rmSync(report, { force: true });
  timed(name, () => {
    const status = runner();
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

step("packages", () => {
  ensureInstalled();
  return true;
});
if (failed === 0) {
  mkdirSync(RESULTS, { recursive: true });
  // A quarter of a minute on one core: beside the types and the linter.
  const formatting = runBeside(
    "npm",
    ["run", "--silent", "format:check"],
    path.join(RESULTS, "format.log"),
  );
  step("types", () => run("tsc", ["-b"]) === 0);
  step("lint", () => run("oxlint", ["--type-aware", "--deny-warnings"]) === 0);
  step("dead code", () => run("knip", []) === 0);
  step("unreached code", () => run("node", ["scripts/unreached.mjs"]) === 0);
  const formatted = await formatting;
  step("format", () => {
    process.stdout.write(formatted.output);
    return formatted.status === 0;
  });
  tests(
    "unit tests",
    () =>
      run("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile=${UNIT_JSON}`]),
    UNIT_JSON,
    (report) => ({
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      failures: report.testResults.flatMap(unitFailures),
    }),
  );
  const built = step("build", () => {
    ensureBuilt();
    return true;
  });
  step("size of what a first visit loads", () => run("node", ["scripts/entrySize.mjs"]) === 0);
  if (built) {
    let browser;
    step("browser", () => Boolean((browser = findChromium())));
    if (browser) {
      tests(
        "journeys",
        () =>
          run("playwright", ["test", "-c", "e2e/playwright.config.ts", "--reporter=list,json"], {
            PENUMBRA_CHROMIUM: browser,
            PLAYWRIGHT_JSON_OUTPUT_NAME: JOURNEYS_JSON,
          }),
        JOURNEYS_JSON,
        ({ stats, suites }) => ({
          passed: stats.expected,
          failed: stats.unexpected + stats.flaky,
          failures: suites.flatMap(journeyFailures),
        }),
      );
    }
  }
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
