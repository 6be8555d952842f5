import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LabError } from "../errors/labError.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { FakeWorker, messagesArrive } from "../testing/fakeWorker.ts";
import { createEngineClient } from "./client.ts";
import type {
  EngineEvent,
  EngineService,
  EngineSettings,
  OwnModelFiles,
  RunRequest,
  SentRunEvent,
  WorkerEvent,
} from "./protocol.ts";

/** An engine that writes down what it is asked and says what the test has it say. */
class ScriptedEngine implements EngineService {
  static all: ScriptedEngine[] = [];
  readonly worker = new FakeWorker(this);
  readonly calls: string[] = [];
  readonly runs: (RunRequest & { answer(elapsedMs: number | null): void; fail(e: Error): void })[] =
    [];
  settings: EngineSettings | undefined;
  say: (event: WorkerEvent) => void = () => {};

  constructor() {
    ScriptedEngine.all.push(this);
  }
  async start(settings: EngineSettings, listener: (event: WorkerEvent) => void) {
    this.calls.push("start");
    this.settings = settings;
    this.say = listener;
  }
  run(request: RunRequest) {
    this.calls.push("run");
    return new Promise<{ elapsedMs: number } | null>((resolve, fail) => {
      const answer = (ms: number | null) => resolve(ms === null ? null : { elapsedMs: ms });
      this.runs.push({ ...request, answer, fail });
    });
  }
  cancel() {
    this.calls.push("cancel");
  }
  hold(isHeld: boolean) {
    this.calls.push(isHeld ? "hold" : "go on");
  }
  async embed() {
    this.calls.push("embed");
    return [];
  }
  addRadiograph({ rawSha256 }: { rawSha256?: string }) {
    this.calls.push(`radiograph ${rawSha256?.slice(0, 4)}`);
  }

  forgetRadiograph(sha256: string) {
    this.calls.push(`forget ${sha256.slice(0, 4)}`);
  }
  async proposeModel(): Promise<never> {
    throw new LabError("graph-invalid", "This is no graph.", { hint: "Export it again." });
  }
  async proposeFolder(): Promise<never> {
    throw new LabError("model-unsupported", "This is no folder.");
  }
  async formsOf(): Promise<never> {
    throw new LabError("model-unsupported", "This is no folder.");
  }
  async readForm(): Promise<never> {
    throw new LabError("model-unsupported", "This is no folder.");
  }
  addModel({ id }: { id: string }) {
    this.calls.push(`model ${id}`);
  }
}

let events: EngineEvent[];

beforeEach(() => {
  ScriptedEngine.all = [];
  events = [];
  vi.useFakeTimers();
  vi.stubGlobal("Worker", function Worker() {
    return new ScriptedEngine().worker;
  });
  vi.stubGlobal("document", { baseURI: "http://localhost/lab/" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const client = () => createEngineClient({ onEvent: (event) => events.push(event) });
const newest = () => ScriptedEngine.all.at(-1)!;
const lost = () =>
  new LabError("backend-lost", "The webgpu backend stopped while running: device lost");
const ready = { type: "ready", info: {} } as WorkerEvent;

test("a lost device restarts the worker without WebGPU and asks the newest request again", async () => {
  const engine = client();
  engine.start("webgpu");
  const requestId = engine.submit(defaultSpec(), "full");
  await messagesArrive();
  newest().runs[0]!.fail(lost());
  await messagesArrive();
  expect(ScriptedEngine.all.map(({ worker }) => worker.terminated)).toEqual([true, false]);
  expect(newest().settings).toEqual({
    assetsUrl: "http://localhost/lab/",
    wish: "webgpu",
    setback: expect.stringContaining("device lost") as string,
  });
  expect(newest().runs).toMatchObject([{ requestId, spec: defaultSpec(), fidelity: "full" }]);
  expect(events).toContainEqual({
    type: "failed",
    requestId,
    error: { code: "backend-lost", message: lost().message },
  });
  engine.dispose();
});

test("a busy worker that goes silent is replaced; one that sends heartbeats is not", async () => {
  const engine = client();
  engine.start("auto");
  await messagesArrive();
  newest().say(ready);
  engine.submit(defaultSpec(), "full");
  for (let s = 0; s < 120; s++) {
    vi.advanceTimersByTime(1000);
    newest().say({ type: "heartbeat", busy: true });
    await messagesArrive(3);
  }
  expect(ScriptedEngine.all).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  expect(ScriptedEngine.all).toHaveLength(2);
  expect(ScriptedEngine.all[0]!.worker.terminated).toBe(true);
  engine.dispose();
});

test("while the model loads, a slow machine is given four minutes of silence", () => {
  const engine = client();
  engine.start("auto");
  vi.advanceTimersByTime(200_000);
  expect(ScriptedEngine.all).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  expect(ScriptedEngine.all).toHaveLength(2);
  engine.dispose();
});

test("an idle worker may be silent", async () => {
  const engine = client();
  engine.start("auto");
  await messagesArrive();
  newest().say({ type: "heartbeat", busy: false });
  await messagesArrive();
  vi.advanceTimersByTime(600_000);
  expect(ScriptedEngine.all).toHaveLength(1);
  engine.dispose();
});

test("a reader's radiographs and models are known to the new worker too", async () => {
  const engine = client();
  engine.start("wasm");
  const radiograph = { rawSha256: "ab".repeat(32) } as Parameters<typeof engine.addRadiograph>[0];
  engine.addRadiograph(radiograph);
  engine.addRadiograph({ ...radiograph, rawSha256: "cd".repeat(32) });
  engine.forgetRadiograph("cd".repeat(32));
  const manifest = { id: "own-1" } as Parameters<typeof engine.addModel>[0];
  engine.addModel(manifest, {} as OwnModelFiles);
  newest().worker.crash("out of memory");
  await messagesArrive();
  expect(ScriptedEngine.all).toHaveLength(2);
  expect(newest().calls).toEqual(["start", "radiograph abab", "model own-1"]);
  engine.dispose();
});

test("after four deaths it says so, stops, and refuses what is asked after that", async () => {
  const engine = client();
  engine.start("wasm");
  for (let k = 0; k < 4; k++) newest().worker.crash("out of memory");
  const fatal = events.at(-1);
  expect(fatal).toMatchObject({
    type: "failed",
    requestId: null,
    error: { code: "backend-lost", hint: expect.stringContaining("backend menu") as string },
  });
  expect(ScriptedEngine.all).toHaveLength(4);
  expect(ScriptedEngine.all.every(({ worker }) => worker.terminated)).toBe(true);
  const requestId = engine.submit(defaultSpec(), "full");
  expect(events.at(-1)).toMatchObject({ type: "failed", requestId });
  await expect(engine.proposeModel({} as OwnModelFiles)).rejects.toThrow("has stopped");
  engine.dispose();
});

test("requests are numbered upwards and a cancelled one is not asked again", async () => {
  const engine = client();
  engine.start("wasm");
  const first = engine.submit(defaultSpec(), "preview");
  expect(engine.submit(defaultSpec(), "full")).toBe(first + 1);
  engine.cancel();
  newest().worker.crash("gone");
  await messagesArrive();
  expect(newest().calls).toEqual(["start"]);
  engine.dispose();
});

test("a run that ends is done, one that was superseded is not, and a failure keeps its hint", async () => {
  const engine = client();
  engine.start("wasm");
  engine.submit(defaultSpec(), "preview");
  const second = engine.submit(defaultSpec(), "full");
  await messagesArrive();
  newest().runs[0]!.answer(null);
  newest().runs[1]!.answer(90);
  await messagesArrive();
  expect(events.slice(1)).toEqual([{ type: "done", requestId: second, elapsedMs: 90 }]);
  const third = engine.submit(defaultSpec(), "full");
  await messagesArrive();
  newest().runs[2]!.fail(new LabError("question-invalid", "Too long.", { hint: "Fewer words." }));
  await messagesArrive();
  expect(events.at(-1)).toEqual({
    type: "failed",
    requestId: third,
    error: { code: "question-invalid", message: "Too long.", hint: "Fewer words." },
  });
  engine.dispose();
});

test("a proposal is refused with its sentence, and also when the engine ends under it", async () => {
  const engine = client();
  engine.start("wasm");
  await expect(engine.proposeModel({} as OwnModelFiles)).rejects.toMatchObject({
    code: "graph-invalid",
    hint: "Export it again.",
  });
  const proposed = engine.proposeModel({} as OwnModelFiles);
  engine.restart();
  await expect(proposed).rejects.toMatchObject({ code: "backend-lost" });
  engine.dispose();
});

test("a payload named only by its key is the one at hand; older requests' events are dropped", async () => {
  const engine = client();
  engine.start("wasm");
  const stage = { type: "stage", stage: "input", partial: false, cached: true } as const;
  const first = engine.submit(defaultSpec(), "full");
  await messagesArrive();
  const payload = { size: 1 };
  const told = (requestId: number, event: object) =>
    newest().say({ type: "run", requestId, event: event as SentRunEvent });
  told(first, { ...stage, key: "k1", payload });
  await messagesArrive();
  const second = engine.submit(defaultSpec(), "full");
  await messagesArrive();
  expect(newest().runs.at(-1)!.held).toEqual(["k1"]);
  told(first, { ...stage, key: "k2", payload: { size: 2 } });
  told(second, { ...stage, key: "k1" });
  await messagesArrive();
  const runs = events.filter((event) => event.type === "run");
  expect(runs.map(({ requestId }) => requestId)).toEqual([first, second]);
  const payloads = runs.map(({ event }) => (event.type === "stage" ? event.payload : null));
  expect(payloads[0]).toEqual(payload);
  expect(payloads[1]).toBe(payloads[0]);
  engine.submit(defaultSpec(), "full");
  await messagesArrive();
  expect(newest().runs.at(-1)!.held).toEqual(["k1"]);
  engine.dispose();
});

test("a fresh engine is not told of payloads that the one before sent", async () => {
  const engine = client();
  engine.start("wasm");
  const first = engine.submit(defaultSpec(), "full");
  await messagesArrive();
  const event = { type: "stage", stage: "input", key: "k1", partial: false, cached: false };
  newest().say({
    type: "run",
    requestId: first,
    event: { ...event, payload: { size: 1 } } as unknown as SentRunEvent,
  });
  await messagesArrive();
  engine.restart("webgpu");
  engine.submit(defaultSpec(), "full");
  await messagesArrive();
  expect(newest().runs.at(-1)!.held).toEqual([]);
  expect(newest().settings).toMatchObject({ wish: "webgpu" });
  engine.dispose();
});

test("a worker whose script is gone is not asked for again; the page is said to be outdated", () => {
  const engine = client();
  engine.start("auto");
  newest().worker.crash();
  expect(ScriptedEngine.all).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "page-outdated" } });
  // What is asked afterwards is refused for the same reason, not for a vaguer one.
  const requestId = engine.submit(defaultSpec(), "full");
  expect(events.at(-1)).toMatchObject({
    type: "failed",
    requestId,
    error: { code: "page-outdated" },
  });
  engine.dispose();
});
