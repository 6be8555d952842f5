/**
 * `npm run bench`: measures the built page, the engine worker and the gradient graphs, writes bench/results.json and the
 * table of bench/README.md. Parts can be named: gradients, gradients-fuzz, encoders, browser, defended, films, instruments, study-page, studies, peers, large-vlm (which needs the folder of models/golden/vlm_large.py: PENUMBRA_LARGE_VLM). Ratios where a ratio says it: a time is a property of the machine.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import path from "node:path";
import { chromium } from "@playwright/test";
import type { Browser } from "@playwright/test";
import { OptionError, readOptions } from "../scripts/options.mjs";
import { serve } from "../scripts/serve.mjs";
import { ROOT, ensureBuilt } from "../scripts/toolchain.mjs";
import { nodeSessions } from "../src/cli/nodeSessions.ts";
import { SMOOTHED_COPIES, measureDefendedDrag, measureSmoothed } from "./defended.ts";
import { measureEncoders } from "./encoders.ts";
import { measureEngine } from "./engine.ts";
import { measureFilms } from "./films.ts";
import { measureGradients, timedSessions } from "./gradients.ts";
import { measureGradientsFuzz } from "./gradientsFuzz.ts";
import { measureInstruments } from "./instruments.ts";
import { measureLargeVlm } from "./largeVlm.ts";
import { openBenchModel } from "./model.ts";
import { measurePage } from "./page.ts";
import { measurePeers } from "./peers.ts";
import { writeReport } from "./report.ts";
import type { BenchResults } from "./report.ts";
import { measureStudies } from "./studies.ts";
import { measureStudyPage } from "./studyPage.ts";
import { wasmSessions } from "../src/cli/wasmSessions.ts";

async function gradients() {
  const results = [];
  for (const factory of [wasmSessions(), nodeSessions(1)]) {
    const sessions = timedSessions(factory);
    const { model, image, request } = await openBenchModel(sessions);
    results.push({
      backend: factory.backend,
      ...(await measureGradients(model, sessions, image, request)),
    });
  }
  return results;
}

async function browser() {
  ensureBuilt();
  const dist = path.join(ROOT, "dist");
  const worker = readdirSync(path.join(dist, "assets")).find((name) =>
    /^worker-.*\.js$/.test(name),
  );
  if (!worker) throw new Error("There is no engine worker in dist/assets.");
  const site = await serve({ root: dist, port: 4500 });
  const chrome = await launch();
  try {
    const engine = await measureEngine(chrome, site.url, `${site.url}assets/${worker}`);
    const page = await measurePage(chrome, site.url);
    return { engine, page, chromium: chrome.version() };
  } finally {
    await chrome.close();
    await site.close();
  }
}

async function defended() {
  const answers = await measureSmoothed();
  return { copies: SMOOTHED_COPIES, answers, ...(await onPage(measureDefendedDrag)) };
}

/** A measurement of the built page. */
async function onPage<T>(measure: (chrome: Browser, url: string) => Promise<T>): Promise<T> {
  ensureBuilt();
  const site = await serve({ root: path.join(ROOT, "dist"), port: 4500 });
  const chrome = await launch();
  try {
    return await measure(chrome, site.url);
  } finally {
    await chrome.close();
    await site.close();
  }
}

/** Memory is measured at once, after collecting garbage; otherwise only when the browser next does, up to 20 s later. */
const MEASURE_AT_ONCE = "--enable-blink-features=ForceEagerMeasureMemory";

function launch() {
  return chromium.launch({
    executablePath: process.env["PENUMBRA_CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", MEASURE_AT_ONCE],
  });
}

const RESULTS = path.join(ROOT, "bench/results.json");
/** Parts to measure again (`npm run bench -- peers`); the others keep what results.json says. All when none is named. */
const PARTS = [
  "gradients",
  "gradients-fuzz",
  "encoders",
  "browser",
  "defended",
  "films",
  "instruments",
  "study-page",
  "studies",
  "peers",
  "large-vlm",
];
const asked = readOptions(`Usage: npm run bench -- [${PARTS.join(" | ")}]...`, (args) => {
  const unknown = args.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new OptionError(`There is no part "${unknown}"`);
  return args;
});
const kept = existsSync(RESULTS)
  ? (JSON.parse(readFileSync(RESULTS, "utf8")) as BenchResults)
  : undefined;
const before = asked.length > 0 ? kept : undefined;
const again = (part: string): boolean => before === undefined || asked.includes(part);

/** Counts of right and wrong gradients, and a model measured by itself, leave the day and machine of the other times as they are. */
const onlyCounts =
  asked.length > 0 && asked.every((part) => ["gradients-fuzz", "large-vlm"].includes(part));

const results: BenchResults = {
  date: onlyCounts ? before!.date : new Date().toISOString().slice(0, 10),
  machine: onlyCounts
    ? before!.machine
    : {
        cores: availableParallelism(),
        architecture: process.arch,
        // The maker is enough: a model name would pin down the machine, not the measurement.
        processor: cpus()[0]?.model.split(" ")[0] ?? "unknown",
        gpu: "none",
        node: process.version,
      },
  gradients: again("gradients") ? await gradients() : before!.gradients,
  gradientsFuzz: again("gradients-fuzz") ? await measureGradientsFuzz() : before!.gradientsFuzz,
  encoders: again("encoders") ? measureEncoders() : before!.encoders,
  ...(again("browser")
    ? await browser()
    : { engine: before!.engine, page: before!.page, chromium: before!.chromium }),
  defended: again("defended") ? await defended() : before!.defended,
  films: again("films") ? await onPage(measureFilms) : before!.films,
  instruments: again("instruments") ? await onPage(measureInstruments) : before!.instruments,
  studyPage: again("study-page") ? await onPage(measureStudyPage) : before!.studyPage,
  studies: again("studies") ? await measureStudies() : before!.studies,
  peers: again("peers") ? await measurePeers(launch) : before!.peers,
  // Without its folder what was measured last stands.
  largeVlm: (again("large-vlm") ? await measureLargeVlm() : undefined) ?? kept?.largeVlm,
};
writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
await writeReport(results, path.join(ROOT, "bench/README.md"));
console.log("Wrote bench/results.json and bench/README.md");
process.exit(0);
