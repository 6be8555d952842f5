// What both commands of the README need before they start: installed packages and Node 24, whatever the system has.
// Plain JavaScript without dependencies, because it runs first, on Node 20 too.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { setPriority } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const BIN = path.join(ROOT, "node_modules", ".bin");
const INSTALL_STAMP = path.join(ROOT, "node_modules", ".penumbra-install");
/** Of what must not slow the rest down: a tenth of what another gets. Not less, a test runner gives a worker a minute to start. */
const NICE = 10;
const BUILD_STAMP = path.join(ROOT, "dist", ".build-stamp");

/** Runs a command with the project's tools and Node 24 first on the path; returns its exit status. */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, { ...settings(env), stdio: "inherit" });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

/** What still runs beside this process, and is ended with it. */
const beside = new Set();

process.on("exit", () => {
  for (const end of beside) end();
});

/** The same without holding this process up: it goes on hearing of what runs beside it, and of Ctrl-C. */
export async function runMeanwhile(command, args, env = {}) {
  const child = spawn(command, args, { ...settings(env), stdio: "inherit" });
  const { status, error } = await ending(child, command);
  process.stderr.write(error);
  return status;
}

/** The same beside what runs next: its exit status, and what it said, kept in `log` until then. */
export function runBeside(command, args, log) {
  return said(command, args, { log }).ended;
}

/**
 * The same in the time that nothing else wants, until `claim` gives it its share like any other. On its own it would be
 * left behind for ever where others share the machine.
 */
export function runModestly(command, args, log) {
  const { child, ended } = said(command, args, { log, detached: process.platform !== "win32" });
  if (child.pid) setNice(child.pid, NICE);
  return { ended, claim: () => child.exitCode === null && child.pid && setNice(child.pid, 0) };
}

function said(command, args, { log, detached = false }) {
  const file = openSync(log, "w");
  const child = spawn(command, args, { ...settings({}), stdio: ["ignore", file, file], detached });
  closeSync(file);
  const ended = ending(child, command, detached).then(({ status, error }) => ({
    status,
    output: readFileSync(log, "utf8") + error,
  }));
  return { child, ended };
}

/** The exit status, and why there was nothing to run. What is still on its way when this process ends is ended too. */
function ending(child, command, isGroup = false) {
  const end = () => (isGroup ? process.kill(-child.pid) : child.kill());
  if (child.pid) beside.add(end);
  return new Promise((resolve) => {
    const over = (status, error) => {
      beside.delete(end);
      resolve({ status, error });
    };
    child.on("error", ({ message }) => over(1, `${command}: ${message}\n`));
    child.on("close", (status) => over(status ?? 1, ""));
  });
}

/**
 * Linux shares the time out by sessions first (autogroups): a process's own niceness counts only in its own, and is what counts
 * on another system, or where there are no such groups.
 */
function setNice(pid, nice) {
  for (const set of [
    () => setPriority(pid, nice),
    () => writeFileSync(`/proc/${pid}/autogroup`, String(nice)),
  ]) {
    try {
      set();
    } catch {
      // Not here, or no more: only root takes a niceness back.
    }
  }
}

function settings(env) {
  return {
    cwd: ROOT,
    env: {
      ...process.env,
      PATH: `${BIN}${path.delimiter}${process.env.PATH}`,
      ...env,
    },
    shell: process.platform === "win32",
  };
}

/** Installs the locked packages when they are missing or the lock file has changed. @throws when that fails. */
export function ensureInstalled() {
  const lock = hashOf([path.join(ROOT, "package-lock.json")]);
  const complete = existsSync(path.join(BIN, "node")) && existsSync(path.join(BIN, "vite"));
  if (complete) {
    const stamp = existsSync(INSTALL_STAMP) ? readFileSync(INSTALL_STAMP, "utf8") : undefined;
    if (stamp === lock) return;
    // Packages installed by hand carry no stamp: believe them when they are newer than the lock file.
    const installed = path.join(ROOT, "node_modules", ".package-lock.json");
    if (
      stamp === undefined &&
      existsSync(installed) &&
      statSync(installed).mtimeMs >= statSync(path.join(ROOT, "package-lock.json")).mtimeMs
    ) {
      writeFileSync(INSTALL_STAMP, lock);
      return;
    }
  }
  console.log("Installing packages (npm ci, exactly as locked)");
  // The runtime's install script fetches 300 MB of CUDA libraries, for which nothing here asks. npm 11 is told so by
  // allowScripts in package.json; npm 10, which runs every script, by this.
  const status = run("npm", ["ci", "--no-audit", "--no-fund"], {
    ONNXRUNTIME_NODE_INSTALL: "skip",
  });
  if (status !== 0) throw new Error("npm ci failed; its own words are above.");
  if (!existsSync(path.join(BIN, "node"))) {
    throw new Error(
      "npm ran no install scripts (ignore-scripts in an .npmrc?), so Node 24 is missing: npm rebuild node --ignore-scripts=false",
    );
  }
  writeFileSync(INSTALL_STAMP, lock);
}

/** Builds dist/ when anything it is made of has changed since the last build. @throws when the build fails. */
export function ensureBuilt() {
  const sources = ["src", "public", "index.html", "vite.config.ts", "package-lock.json"]
    .map((name) => path.join(ROOT, name))
    .filter(existsSync)
    .flatMap(filesUnder);
  const stamp = hashOf(sources);
  if (existsSync(BUILD_STAMP) && readFileSync(BUILD_STAMP, "utf8") === stamp) return;
  console.log("Building the page (less than a minute)");
  // Three hundred lines of file names would push the address out of sight.
  if (run("vite", ["build", "--logLevel", "error"]) !== 0) throw new Error("The build failed.");
  writeFileSync(BUILD_STAMP, stamp);
}

function filesUnder(entry) {
  if (!statSync(entry).isDirectory()) return [entry];
  return readdirSync(entry, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && !item.name.endsWith(".tsbuildinfo"))
    .filter((item) => !/\.test\.tsx?$/.test(item.name))
    .map((item) => path.join(item.parentPath ?? item.path, item.name))
    .sort();
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(path.relative(ROOT, file)).update(readFileSync(file));
  return hash.digest("hex");
}
