import { expect, it, vi } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import { callback, linkWorker } from "../host/workers.ts";
import { LabError } from "../errors/labError.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { FakeWorker, messagesArrive } from "../testing/fakeWorker.ts";
import { createEngine } from "./engineService.ts";
import { HeldPayloads } from "./payloads.ts";
import type { BackendInfo, EngineService, WorkerEvent } from "./protocol.ts";

/** An engine over the model of a hand, on the other side of a border that counts what crosses it. */
function bench() {
  const worker = new FakeWorker(
    createEngine({
      openModel: async () => ({ model: fakeModel(), info: {} as BackendInfo }),
      openLinkPackage: () => Promise.reject(new Error("no graphs here")),
      readManifest: () => Promise.reject(new Error("not asked")),
      proposeModel: () => Promise.reject(new Error("not asked")),
      proposeFolder: () => Promise.reject(new Error("not asked")),
      formsOf: () => Promise.reject(new Error("not asked")),
      readForm: () => Promise.reject(new Error("not asked")),
      yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
      now: () => performance.now(),
    }),
  );
  const link = linkWorker<EngineService>(worker, () => {});
  const events: WorkerEvent[] = [];
  const held = new HeldPayloads();
  let requestId = 0;
  const listener = callback((event: WorkerEvent) => {
    events.push(event);
    if (event.type === "run") held.whole(event.event);
  });
  return {
    events,
    start: () => link.ask((s) => s.start({ assetsUrl: "", wish: "auto" }, listener)),
    run: async (spec: ExperimentSpec) => {
      requestId++;
      const request = { requestId, spec, fidelity: "full", held: held.keys() } as const;
      return link.ask((s) => s.run(request));
    },
    /** Stages of the newest run with their payloads, or without. */
    stages: () =>
      events.flatMap((event) =>
        event.type === "run" && event.requestId === requestId && event.event.type === "stage"
          ? [`${event.event.stage}${"payload" in event.event ? "" : " named"}`]
          : [],
      ),
    hold: (isHeld: boolean) => link.ask((s) => s.hold(isHeld)),
    end: () => link.end(new LabError("cancelled", "Over.")),
  };
}

function attacked(epsilon: number): ExperimentSpec {
  const spec = defaultSpec();
  const stack = spec.stack
    .filter((item): item is AttackItem => item.type === "attack")
    .map((item) => ({ ...item, epsilon, steps: 4 }));
  return { ...spec, stack, certificate: { ...spec.certificate, enabled: false } };
}

it("names a result that the page has instead of sending it again", async () => {
  const { run, stages, start, end } = bench();
  await start();
  expect(await run(attacked(2))).toMatchObject({ elapsedMs: expect.any(Number) as number });
  expect(stages()).toEqual(expect.arrayContaining(["input", "clean", "disturbed", "readout"]));
  await run(attacked(3));
  expect(stages()).toEqual(
    expect.arrayContaining(["input named", "clean named", "disturbed", "readout"]),
  );
  // Back again: what the first run made is at hand as well.
  await run(attacked(2));
  expect(stages()).toEqual(expect.arrayContaining(["clean named", "readout named"]));
  end();
});

it("tells every result before it says that a run has ended", async () => {
  const { events, run, start, end } = bench();
  await start();
  await run(attacked(2));
  const told = events.length;
  await messagesArrive();
  expect(events).toHaveLength(told);
  expect(events.findLast((event) => event.type === "run")).toBeDefined();
  end();
});

it("ends a superseded run with nothing and sends nothing more of it", async () => {
  const { events, run, start, end } = bench();
  await start();
  const first = run(attacked(2));
  const second = run(attacked(3));
  expect(await first).toBeNull();
  const before = events.filter((event) => event.type === "run" && event.requestId === 1).length;
  expect(await second).not.toBeNull();
  const after = events.filter((event) => event.type === "run" && event.requestId === 1).length;
  expect(after).toBe(before);
  end();
});

it("sends an attack's picture with the first step and then not at every one", async () => {
  const { events, run, start, end } = bench();
  await start();
  const posted = vi.spyOn(MessagePort.prototype, "postMessage");
  await run(attacked(2));
  // Pictures on their way move: each is the one thing its message gives away, those of results as bytes.
  const moved = posted.mock.calls.flatMap(([, given]) => (Array.isArray(given) ? given : []));
  posted.mockRestore();
  const pictures = events.flatMap((event) =>
    event.type === "run" && event.event.type === "progress" && event.event.attack
      ? [event.event.attack.image?.length]
      : [],
  );
  expect(pictures.length).toBeGreaterThan(2);
  expect(pictures[0]).toBe(32 * 32);
  expect(pictures.slice(1)).toContain(undefined);
  const sent = pictures.filter((length) => length !== undefined);
  const results = events.filter(
    (event) =>
      event.type === "run" &&
      event.event.type === "stage" &&
      "payload" in event.event &&
      "image" in event.event.payload &&
      (event.event.payload.image as unknown) instanceof Uint8Array,
  );
  expect(results.length).toBeGreaterThan(0);
  expect(moved.filter((given) => given instanceof ArrayBuffer)).toHaveLength(
    sent.length + results.length,
  );
  end();
});

it("stands still while it is held, and goes on with the same run", async () => {
  const { start, run, stages, hold, end } = bench();
  await start();
  await hold(true);
  let isOver = false;
  const running = run(attacked(2)).then(() => (isOver = true));
  await messagesArrive(200);
  expect([isOver, stages()]).toEqual([false, []]);
  await hold(false);
  await running;
  expect(stages()).toContain("metrics");
  end();
});

it("the model whose guarantee stands beside is opened by the helper while this engine still opens the reader's", async () => {
  const asked: string[] = [];
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const engine = createEngine({
    openModel: async () => {
      await opened;
      return { model: fakeModel(), info: { backend: "wasm", threads: 1 } as BackendInfo };
    },
    openLinkPackage: () => Promise.reject(new Error("no graphs here")),
    readManifest: () => Promise.reject(new Error("not asked")),
    proposeModel: () => Promise.reject(new Error("not asked")),
    proposeFolder: () => Promise.reject(new Error("not asked")),
    formsOf: () => Promise.reject(new Error("not asked")),
    readForm: () => Promise.reject(new Error("not asked")),
    yieldToHost: () => new Promise((resolve) => setImmediate(resolve)),
    now: () => performance.now(),
    helper:
      () =>
      async ({ subject }) => {
        asked.push(subject.model.id);
        return [];
      },
    willBeAlone: async () => true,
  });
  void engine.start({ assetsUrl: "", wish: "wasm" }, () => {});
  const ended = engine.run({ requestId: 1, spec: defaultSpec(), fidelity: "full", held: [] });
  await vi.waitFor(() => expect(asked).toEqual(["noise"]));
  engine.cancel();
  open();
  expect(await ended).toBeNull();
});
