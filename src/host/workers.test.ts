import { expect, it } from "vitest";
import { LabError } from "../errors/labError.ts";
import { FakeWorker, messagesArrive } from "../testing/fakeWorker.ts";
import { callback, linkWorker, moving } from "./workers.ts";

const service = {
  refuse() {
    throw new LabError("file-damaged", "The file ends early.", {
      hint: "Export it.",
      where: "tag",
    });
  },
  async stumble() {
    throw new TypeError("x is undefined");
  },
  never: () => new Promise<void>(() => {}),
  sum: (values: Float32Array) => values.reduce((a, b) => a + b, 0),
  ramp: (n: number) => {
    const values = Float32Array.from({ length: n }, (_, k) => k);
    return moving({ values }, [values.buffer]);
  },
  count(to: number, report: (at: number) => void) {
    for (let k = 1; k <= to; k++) report(k);
  },
};

function link() {
  const worker = new FakeWorker(service);
  const crashes: (string | undefined)[] = [];
  return {
    worker,
    crashes,
    ...linkWorker<typeof service>(worker, ({ message }) => crashes.push(message)),
  };
}

it("keeps code, hint and place of an error, and calls what is no LabError internal", async () => {
  const { ask, end } = link();
  const refusal = await ask((s) => s.refuse()).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(LabError);
  expect(refusal).toMatchObject({
    code: "file-damaged",
    message: "The file ends early.",
    hint: "Export it.",
    where: "tag",
  });
  await expect(ask((s) => s.stumble())).rejects.toMatchObject({
    code: "internal",
    message: "x is undefined",
  });
  end(new LabError("cancelled", "Over."));
});

it("moves what is to be moved, both ways, and copies the rest", async () => {
  const { ask, end } = link();
  const kept = Float32Array.of(1, 2);
  expect(await ask((s) => s.sum(kept))).toBe(3);
  expect(kept).toHaveLength(2);
  const given = Float32Array.of(3, 4);
  expect(await ask((s) => s.sum(moving(given, [given.buffer])))).toBe(7);
  expect(given).toHaveLength(0);
  expect((await ask((s) => s.ramp(3))).values).toEqual(Float32Array.of(0, 1, 2));
  end(new LabError("cancelled", "Over."));
});

it("hands over a callback, which leaves the caller's own function unmarked", async () => {
  const { ask, end } = link();
  const seen: number[] = [];
  const report = (at: number) => void seen.push(at);
  await ask((s) => s.count(3, callback(report)));
  await messagesArrive();
  expect(seen).toEqual([1, 2, 3]);
  expect(Object.getOwnPropertySymbols(report)).toEqual([]);
  end(new LabError("cancelled", "Over."));
});

it("leaves nobody waiting for a worker that is ended", async () => {
  const { ask, end, worker } = link();
  const waiting = ask((s) => s.never());
  end(new LabError("backend-lost", "It hung."));
  await expect(waiting).rejects.toMatchObject({ code: "backend-lost", message: "It hung." });
  expect(worker.terminated).toBe(true);
  await expect(ask((s) => s.sum(Float32Array.of(1)))).rejects.toMatchObject({
    code: "backend-lost",
  });
});

it("tells of a crash, until the worker is ended", () => {
  const { crashes, end, worker } = link();
  worker.crash("out of memory");
  end(new LabError("internal", "It stopped."));
  worker.crash("again");
  expect(crashes).toEqual(["out of memory"]);
});
