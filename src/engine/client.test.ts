import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import { createEngineClient } from "./client.ts";
import type { EngineCommand, EngineEvent } from "./protocol.ts";

class FakeWorker {
  static all: FakeWorker[] = [];
  readonly commands: EngineCommand[] = [];
  terminated = false;
  onmessage: ((message: { data: EngineEvent }) => void) | null = null;
  onerror: ((event: { message?: string }) => void) | null = null;
  constructor() {
    FakeWorker.all.push(this);
  }
  postMessage(command: EngineCommand) {
    this.commands.push(command);
  }
  terminate() {
    this.terminated = true;
  }
  say(data: EngineEvent) {
    this.onmessage?.({ data });
  }
}

let events: EngineEvent[];

beforeEach(() => {
  FakeWorker.all = [];
  events = [];
  vi.useFakeTimers();
  vi.stubGlobal("Worker", FakeWorker);
  vi.stubGlobal("document", { baseURI: "http://localhost/lab/" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const client = () => createEngineClient({ onEvent: (event) => events.push(event) });
const newest = () => FakeWorker.all.at(-1)!;
const lost: EngineEvent = {
  type: "failed",
  requestId: 1,
  error: { code: "backend-lost", message: "The webgpu backend stopped while running: device lost" },
};
const ready = { type: "ready", info: {} } as EngineEvent;

test("a lost device restarts the worker on WASM and asks the newest request again", () => {
  const engine = client();
  engine.start("webgpu");
  const id = engine.submit(defaultSpec(), "full");
  newest().say(lost);
  expect(FakeWorker.all.map((w) => w.terminated)).toEqual([true, false]);
  expect(newest().commands).toEqual([
    { type: "start", assetsUrl: "http://localhost/lab/", backend: "wasm" },
    { type: "submit", requestId: id, spec: defaultSpec(), fidelity: "full" },
  ]);
  engine.dispose();
});

test("a busy worker that goes silent is replaced; one that sends heartbeats is not", () => {
  const engine = client();
  engine.start("auto");
  newest().say(ready);
  engine.submit(defaultSpec(), "full");
  for (let s = 0; s < 120; s++) {
    vi.advanceTimersByTime(1000);
    newest().say({ type: "heartbeat", busy: true });
  }
  expect(FakeWorker.all).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  expect(FakeWorker.all).toHaveLength(2);
  expect(FakeWorker.all[0]!.terminated).toBe(true);
  engine.dispose();
});

test("while the model loads, a slow machine is given four minutes of silence", () => {
  const engine = client();
  engine.start("auto");
  vi.advanceTimersByTime(200_000);
  expect(FakeWorker.all).toHaveLength(1);
  vi.advanceTimersByTime(60_000);
  expect(FakeWorker.all).toHaveLength(2);
  engine.dispose();
});

test("an idle worker may be silent", () => {
  const engine = client();
  engine.start("auto");
  newest().say({ type: "heartbeat", busy: false });
  vi.advanceTimersByTime(600_000);
  expect(FakeWorker.all).toHaveLength(1);
  engine.dispose();
});

test("a reader's radiographs are known to the new worker too", () => {
  const engine = client();
  engine.start("wasm");
  const radiograph = { rawSha256: "ab".repeat(32) } as Parameters<typeof engine.addRadiograph>[0];
  engine.addRadiograph(radiograph);
  newest().onerror?.({ message: "out of memory" });
  expect(newest().commands).toContainEqual({ type: "addRadiograph", radiograph });
  engine.dispose();
});

test("after four deaths it says so and stops", () => {
  const engine = client();
  engine.start("wasm");
  for (let k = 0; k < 4; k++) newest().say(lost);
  const fatal = events.at(-1);
  expect(fatal).toMatchObject({ type: "failed", requestId: null, error: { code: "backend-lost" } });
  expect(FakeWorker.all).toHaveLength(4);
  expect(FakeWorker.all.every((w) => w.terminated)).toBe(true);
  engine.dispose();
});

test("requests are numbered upwards and a cancelled one is not asked again", () => {
  const engine = client();
  engine.start("wasm");
  const first = engine.submit(defaultSpec(), "preview");
  expect(engine.submit(defaultSpec(), "full")).toBe(first + 1);
  engine.cancel();
  newest().say(lost);
  expect(newest().commands.some((c) => c.type === "submit")).toBe(false);
  engine.dispose();
});

test("a worker whose script is gone is not asked for again; the page is said to be outdated", () => {
  const engine = client();
  engine.start("auto");
  newest().onerror!({});
  expect(FakeWorker.all).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "page-outdated" } });
  engine.dispose();
});
