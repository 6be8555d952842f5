/** Measurements on the built engine worker in Chromium, asked as the page asks it, without a page around it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "@playwright/test";
import type * as ComlinkModule from "comlink";
import type {
  BackendInfo,
  EngineService,
  EngineSettings,
  RunRequest,
  WorkerEvent,
} from "../src/engine/protocol.ts";
import { defaultSpec } from "../src/experiment/defaultSpec.ts";
import type { AttackItem, ExperimentSpec } from "../src/experiment/spec.ts";
import { median } from "./statistics.ts";

export interface EngineMeasurements {
  readonly info: BackendInfo;
  /** Ten steps of PGD, from the first step's start to the disturbed picture. */
  readonly pgd10Ms: number;
  /** One step of it. */
  readonly stepMs: number;
  /** From the request to the first certificate, to the first one that proves something, to 100 samples. */
  readonly firstCertificateMs: number;
  readonly usefulCertificateMs: number;
  readonly certificateSamplesPerSecond: number;
}

interface TimedEvent {
  readonly at: number;
  readonly event: WorkerEvent;
}

interface Engine {
  /** Events until the model is ready. */
  start(): Promise<readonly TimedEvent[]>;
  /** Events of one run, in milliseconds from its request. */
  run(spec: ExperimentSpec): Promise<readonly TimedEvent[]>;
}

const COMLINK = createRequire(import.meta.url).resolve("comlink/dist/umd/comlink.js");

/** The page's half: starts the worker, asks it as the page would, collects its events with their times. */
async function openEngine(browser: Browser, url: string, worker: string): Promise<Engine> {
  const page = await browser.newPage();
  // Any document of the origin will do; it must carry the isolation headers.
  await page.goto(new URL("favicon.svg", url).href);
  await page.evaluate(readFileSync(COMLINK, "utf8"));
  await page.evaluate((source) => {
    const { Comlink } = globalThis as unknown as { Comlink: typeof ComlinkModule };
    const events: { at: number; event: WorkerEvent }[] = [];
    const engine = Comlink.wrap<EngineService>(new Worker(source, { type: "module" }));
    const listener = Comlink.proxy((event: WorkerEvent) => {
      events.push({ at: performance.now(), event });
    });
    const timed = async (call: () => Promise<unknown>) => {
      events.length = 0;
      const started = performance.now();
      await call();
      // Pictures stay in the page: only numbers are wanted here.
      return JSON.stringify(
        events.map(({ at, event }) => ({ at: at - started, event })),
        (_, value: unknown) => (ArrayBuffer.isView(value) ? null : value),
      );
    };
    const bench: InPage = {
      start: (settings) => timed(() => engine.start(settings, listener)),
      run: (request) => timed(() => engine.run(request)),
    };
    Object.assign(globalThis, { bench });
  }, worker);
  let requestId = 0;
  return {
    start: async () => {
      const settings = { assetsUrl: url, wish: "wasm" } as const;
      const text = await page.evaluate((asked) => {
        const { bench } = globalThis as unknown as { bench: InPage };
        return bench.start(asked);
      }, settings);
      return JSON.parse(text) as TimedEvent[];
    },
    run: async (spec) => {
      requestId++;
      const request = { requestId, spec, fidelity: "full", held: [] } as const;
      const text = await page.evaluate((asked) => {
        const { bench } = globalThis as unknown as { bench: InPage };
        return bench.run(asked);
      }, request);
      return JSON.parse(text) as TimedEvent[];
    },
  };
}

/** What the measurements call in the page; events come back as JSON. */
interface InPage {
  start(settings: EngineSettings): Promise<string>;
  run(request: RunRequest): Promise<string>;
}

/** The opening experiment with only its attack, under another seed, so that nothing comes from the cache. */
function attackSpec(seed: number): ExperimentSpec {
  const spec = defaultSpec();
  const attack = spec.stack.find((item): item is AttackItem => item.type === "attack")!;
  return {
    ...spec,
    stack: [{ ...attack, seed, steps: 10, restarts: 1, epsilon: 2 + seed / 1000 }],
    certificate: { ...spec.certificate, enabled: false },
  };
}

function certificateSpec(seed: number): ExperimentSpec {
  const spec = defaultSpec();
  return { ...spec, stack: [], certificate: { ...spec.certificate, maxSamples: 300, seed } };
}

function runTimes(events: readonly TimedEvent[]) {
  const steps: number[] = [];
  const certificates: { readonly at: number; readonly n: number; readonly radius: number }[] = [];
  let disturbedAt = NaN;
  for (const { at, event } of events) {
    if (event.type !== "run") continue;
    const run = event.event;
    if (run.type === "progress" && run.attack) steps.push(at);
    if (run.type === "stage" && run.stage === "disturbed") disturbedAt = at;
    if (run.type === "stage" && run.stage === "certificate" && "payload" in run) {
      certificates.push({ at, n: run.payload.n, radius: run.payload.radius });
    }
  }
  return { steps, certificates, disturbedAt };
}

export async function measureEngine(
  browser: Browser,
  url: string,
  worker: string,
): Promise<EngineMeasurements> {
  const engine = await openEngine(browser, url, worker);
  const started = (await engine.start()).map(({ event }) => event);
  const ready = started.find((event) => event.type === "ready");
  if (!ready) throw new Error(`The engine did not start: ${JSON.stringify(started.at(-1))}`);

  const submit = async (spec: ExperimentSpec) => runTimes(await engine.run(spec));

  await submit(attackSpec(0));
  const attacks = [];
  for (let seed = 1; seed <= 5; seed++) attacks.push(await submit(attackSpec(seed)));
  const intervals = attacks.flatMap(({ steps }) => steps.slice(1).map((at, i) => at - steps[i]!));
  const stepMs = median(intervals);
  // The first event arrives after the first step: its own duration is added.
  const pgd10Ms = median(attacks.map((run) => run.disturbedAt - run.steps[0]! + stepMs));

  const runs = [];
  for (let seed = 1; seed <= 3; seed++)
    runs.push((await submit(certificateSpec(seed))).certificates);
  const useful = runs.map((run) => run.find(({ radius }) => radius > 0)?.at ?? NaN);
  const rate = runs.map((run) => {
    const [first, last] = [run[0]!, run.at(-1)!];
    return (1000 * (last.n - first.n)) / (last.at - first.at);
  });
  return {
    info: ready.info,
    pgd10Ms,
    stepMs,
    firstCertificateMs: median(runs.map((run) => run[0]!.at)),
    usefulCertificateMs: median(useful),
    certificateSamplesPerSecond: median(rate),
  };
}
