/** Measurements on the built engine worker in Chromium, driven by its own protocol, without a page around it. */
import type { Browser } from "@playwright/test";
import type { BackendInfo, EngineCommand, EngineEvent } from "../src/engine/protocol.ts";
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
  readonly event: EngineEvent;
}

type Send = (command: EngineCommand, until: "ready" | "done") => Promise<TimedEvent[]>;

/** The page's half of the protocol: starts the worker, collects its events with their times. */
async function openWorker(browser: Browser, url: string, worker: string): Promise<Send> {
  const page = await browser.newPage();
  // Any document of the origin will do; it must carry the isolation headers.
  await page.goto(new URL("favicon.svg", url).href);
  await page.evaluate((source) => {
    const events: { at: number; event: { type: string } }[] = [];
    const engine = new Worker(source, { type: "module" });
    engine.addEventListener("message", ({ data }: MessageEvent<{ type: string }>) => {
      events.push({ at: performance.now(), event: data });
    });
    Object.assign(globalThis, { engine, events });
  }, worker);
  return async (command, until) => {
    const text = await page.evaluate(
      async ([sent, last]) => {
        const { engine, events } = globalThis as unknown as {
          engine: Worker;
          events: { at: number; event: { type: string; event?: Record<string, unknown> } }[];
        };
        events.length = 0;
        const started = performance.now();
        engine.postMessage(sent);
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (events.some(({ event }) => event.type === last || event.type === "failed")) break;
        }
        // Pictures stay in the page: only numbers are wanted here.
        return JSON.stringify(
          events.map(({ at, event }) => ({ at: at - started, event })),
          (_, value: unknown) => (ArrayBuffer.isView(value) ? null : value),
        );
      },
      [command, until] as const,
    );
    return JSON.parse(text) as TimedEvent[];
  };
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
    if (event.type === "failed") throw new Error(event.error.message);
    if (event.type !== "run") continue;
    const run = event.event;
    if (run.type === "progress" && run.attack) steps.push(at);
    if (run.type === "stage" && run.stage === "disturbed") disturbedAt = at;
    if (run.type === "stage" && run.stage === "certificate") {
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
  const send = await openWorker(browser, url, worker);
  const started = await send({ type: "start", assetsUrl: url, backend: "wasm" }, "ready");
  const ready = started.map(({ event }) => event).find((event) => event.type === "ready");
  if (!ready) throw new Error(`The engine did not start: ${JSON.stringify(started.at(-1))}`);

  let requestId = 1;
  const submit = async (spec: ExperimentSpec) =>
    runTimes(
      await send({ type: "submit", requestId: requestId++, spec, fidelity: "full" }, "done"),
    );

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
