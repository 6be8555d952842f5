// What a first visit loads before the first answer, compressed, against its limits: everything index.html names, everything
// those files import at once, and the engine's worker with what it imports. A file that is not found is a failure, and so
// is a part of which nothing was found: a limit that watches nothing is worse than none. No part imports a worker's own script.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { parseOptions, readOptions } from "./options.mjs";
import { ROOT } from "./toolchain.mjs";

/** Limits in kB of gzip. Raising one is a decision: say in the commit what came for it. */
export const LIMITS = { page: 228, styles: 18, engine: 186 };

const STATIC_IMPORT =
  /\b(?:import|export)\s*(?:[\w$*{][^"'`;()]*?from\s*)?["'`](\.{1,2}\/[^"'`]+)["'`]/g;
const LAZY_IMPORT = /\bimport\(\s*["'`](\.{1,2}\/[^"'`]+)["'`]/g;
const WORKER = /new URL\(\s*["'`]([^"'`]*worker[^"'`]*\.js)["'`]/g;
const LAZY_STYLES = /["'`](\.\/[^"'`]+\.css)["'`]/g;

/**
 * Sizes by part, with the files they are made of.
 * @param {string} dist the built page
 * @returns {Record<keyof typeof LIMITS, { files: string[], bytes: number }>}
 */
export function entrySizes(dist) {
  const html = text(path.join(dist, "index.html"));
  const scripts = matches(html, /<script[^>]*\ssrc="([^"]+)"/g);
  const preloads = matches(html, /<link[^>]*rel="modulepreload"[^>]*href="([^"]+)"/g);
  const sheets = matches(html, /<link[^>]*rel="stylesheet"[^>]*href="([^"]+)"/g);
  const within = (names) => names.map((name) => path.join(dist, name));
  const entries = within(scripts);
  // The entry's own lazy import is the page, which it loads at once; lazy imports of the page wait for a click.
  const mounted = entries.flatMap((file) => named(file, LAZY_IMPORT));
  const page = closure([...entries, ...within(preloads), ...mounted]);
  const engines = entries.flatMap((file) => named(file, WORKER));
  // The worker imports the runtime's code as soon as it knows which of its two builds it needs: the larger counts. Its other
  // lazy parts (instruments, defenses) wait until an experiment asks for one.
  const engine = closure(engines);
  const runtimes = [...engine]
    .flatMap((file) => named(file, LAZY_IMPORT))
    .filter((file) => path.basename(file).startsWith("ort"))
    .sort((a, b) => size(b) - size(a));
  const styles = [...within(sheets), ...entries.flatMap((file) => named(file, LAZY_STYLES))];
  return {
    page: summed([...page]),
    styles: summed(styles),
    engine: summed([...engine, ...runtimes.slice(0, 1)]),
  };
}

/** Files with all they import statically. */
function closure(files) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    named(file, STATIC_IMPORT).forEach(visit);
  };
  files.forEach(visit);
  return seen;
}

function named(file, pattern) {
  return matches(text(file), pattern).map((name) => path.resolve(path.dirname(file), name));
}

function matches(content, pattern) {
  return [...content.matchAll(pattern)].map((match) => match[1]);
}

function text(file) {
  if (!existsSync(file)) throw new Error(`${file} is loaded by the page and does not exist.`);
  return readFileSync(file, "utf8");
}

function size(file) {
  text(file);
  return gzipSync(readFileSync(file)).length;
}

function summed(files) {
  return { files, bytes: files.reduce((sum, file) => sum + size(file), 0) };
}

/**
 * Parts that import the script which a worker is started with: WebKit evaluates it a second time for them (workerChunks.ts).
 * @param {string} dist the built page
 * @returns {string[]} "PART imports SCRIPT"
 */
export function importsOfWorkers(dist) {
  const assets = path.join(dist, "assets");
  const parts = readdirSync(assets).filter((name) => name.endsWith(".js"));
  const workers = new Set(
    parts.flatMap((name) =>
      named(path.join(assets, name), WORKER).map((file) => path.basename(file)),
    ),
  );
  return parts.flatMap((name) =>
    [STATIC_IMPORT, LAZY_IMPORT]
      .flatMap((pattern) => named(path.join(assets, name), pattern))
      .map((file) => path.basename(file))
      .filter((imported) => workers.has(imported))
      .map((imported) => `${name} imports ${imported}`),
  );
}

/** One line a part, and whether all are within their limits. */
export function judge(sizes) {
  const lines = Object.entries(LIMITS).map(([part, limit]) => {
    const { files, bytes } = sizes[part];
    const kB = bytes / 1000;
    const verdict = bytes === 0 ? "NOTHING FOUND" : kB > limit ? "TOO LARGE" : "ok";
    return {
      ok: verdict === "ok",
      line: `${part}: ${kB.toFixed(1)} of ${limit} kB gzip in ${files.length} files, ${verdict}`,
    };
  });
  return {
    ok: lines.every(({ ok }) => ok),
    lines: lines.map(({ line }) => line),
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  readOptions(
    "Usage: node scripts/entrySize.mjs\n\nMeasures dist/ against the limits on what a first visit loads.",
    (args) => parseOptions(args, {}),
  );
  try {
    const { ok, lines } = judge(entrySizes(path.join(ROOT, "dist")));
    const twice = importsOfWorkers(path.join(ROOT, "dist"));
    console.log(
      [...lines, ...twice.map((line) => `${line}: WEBKIT EVALUATES IT TWICE`)].join("\n"),
    );
    process.exitCode = ok && twice.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
