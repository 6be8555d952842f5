// Two workers on a real Redis: one is killed in the middle, then Redis is restarted, and the rows are those of a local run.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setPriority, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, expect, test } from "vitest";
import { Redis } from "ioredis";
import { LabError, toErrorData } from "../../errors/labError.ts";
import type { Row } from "../../study/rowColumns.ts";
import { studyVerb } from "../studyVerb.ts";
import { QUEUE, REFUSED, keepRows } from "./queue.ts";

const REDIS = spawnSync("redis-server", ["--version"]).status === 0;
if (!REDIS) console.warn("redis-server is not installed: the queue is not tested here.");

const FOLDER = mkdtempSync(path.join(tmpdir(), "queue-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));
const at = (...names: string[]) => path.join(FOLDER, ...names);
const LAB = ["--no-warnings", path.join(import.meta.dirname, "../lab.ts"), "study"];

const children = new Set<ChildProcess>();
/** What each wrote on standard error. */
const said = new WeakMap<ChildProcess, string>();
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all([...children].map(ended));
  children.clear();
});

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  children.add(child);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.set(child, (said.get(child) ?? "") + text);
  });
  return child;
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (!isOver(child)) await new Promise((resolve) => child.once("exit", resolve));
  return child.exitCode;
}

const lab = (...args: string[]) => start(process.execPath, [...LAB, ...args]);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Answers once it is there. */
async function redisServer(port: number): Promise<ChildProcess> {
  const settings = `--bind 127.0.0.1 --appendonly yes --save --requirepass secret --dir ${FOLDER}`;
  const server = start("redis-server", [
    "--port",
    String(port),
    ...settings.split(" ").map((word) => word || ""),
  ]);
  const answers = () =>
    spawnSync("redis-cli", ["-p", String(port), "-a", "secret", "ping"]).stdout.includes("PONG");
  await until(answers, [server]);
  return server;
}

const STUDY = {
  format: "penumbra-study",
  version: 1,
  name: "Doses",
  base: { stack: [{ id: "noise", type: "perturbation", perturbation: "quantumNoise" }] },
  cases: [{ kind: "phantoms", firstSeed: 40, count: 6, findings: "balanced" }],
  axes: [{ name: "dose", kind: "field", path: "stack[noise].params.severity", values: [0, 2, 5] }],
  measures: ["correct", "flip"],
};

function rowsIn(folder: string): readonly object[] {
  const file = at(folder, "rows.jsonl");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => ({
    ...(JSON.parse(line) as object),
    elapsedMs: null,
    latency: null,
  }));
}

/** Waits for what the processes named bring about; one that ends before it fails the test instead of hanging it. */
async function until(
  condition: () => boolean | Promise<boolean>,
  by: readonly ChildProcess[],
): Promise<void> {
  while (!(await condition())) {
    const over = by.find(isOver);
    if (over) throw new Error(`${over.spawnargs.join(" ")} ended too early:\n${said.get(over)}`);
    await pause(20);
  }
}

/** Stops a worker, as SIGSTOP does, while it holds a job: whatever the machine does, the job is not done. */
async function holdWithJob(worker: ChildProcess, redis: Redis, others: readonly ChildProcess[]) {
  await until(async () => {
    worker.kill("SIGSTOP");
    // What it sent before it stopped has been heard after the first answer.
    await redis.ping();
    if ((await redis.llen(`bull:${QUEUE}:active`)) > 0) return true;
    worker.kill("SIGCONT");
    return false;
  }, others);
}

test.runIf(REDIS)(
  "a killed worker and a restarted Redis lose and double nothing",
  { timeout: 600_000 },
  async () => {
    writeFileSync(at("study.json"), JSON.stringify(STUDY));
    const port = await freePort();
    const url = `redis://:secret@127.0.0.1:${port}`;
    const first = await redisServer(port);
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    redis.on("error", () => {});
    const worker = () => lab("worker", "--redis", url, "--workers", "1");
    const submitted = lab("submit", at("study.json"), "--redis", url, "--out", at("queued"));
    const doomed = worker();
    // It never has the machine before this test: what it holds is held long before the study is over.
    setPriority(doomed.pid!, 19);
    await until(() => rowsIn("queued").length > 0, [submitted, doomed]);
    await holdWithJob(doomed, redis, [submitted]);
    doomed.kill("SIGKILL");
    await ended(doomed);
    expect(await redis.llen(`bull:${QUEUE}:active`)).toBe(1);

    const other = worker();
    await until(async () => (await redis.llen(`bull:${QUEUE}:active`)) > 1, [submitted, other]);
    first.kill("SIGTERM");
    await ended(first);
    const second = await redisServer(port);

    await until(() => isOver(submitted), [other, second]);
    expect(submitted.exitCode).toBe(0);
    other.kill("SIGTERM");
    expect(await ended(other)).toBe(0);
    // What is left in Redis is nothing.
    expect(await redis.keys("penumbra-study:rows:*")).toEqual([]);
    redis.disconnect();
    second.kill("SIGTERM");
    await studyVerb(["run", at("study.json"), "--out", at("local"), "--workers", "1"], () => {});
    expect(rowsIn("queued")).toHaveLength(18);
    expect(rowsIn("queued")).toEqual(rowsIn("local"));
  },
);

test.runIf(REDIS)(
  "a worker leaves a job of another kind alone and says why",
  { timeout: 600_000 },
  async () => {
    writeFileSync(
      at("one.json"),
      JSON.stringify({ ...STUDY, axes: [], cases: [{ kind: "this" }] }),
    );
    const port = await freePort();
    const url = `redis://:secret@127.0.0.1:${port}`;
    const server = await redisServer(port);
    const wasm = lab("worker", "--redis", url, "--workers", "1", "--backend", "wasm");
    const submitted = lab("submit", at("one.json"), "--redis", url, "--out", at("refused"));
    const redis = new Redis(url);
    await until(async () => (await redis.hlen(REFUSED)) > 0, [wasm, submitted]);
    expect(Object.values(await redis.hgetall(REFUSED))).toEqual([
      "the job asks for the backend native, and this worker has wasm.",
    ]);
    expect(rowsIn("refused")).toEqual([]);
    const native = lab("worker", "--redis", url, "--workers", "1");
    await until(() => isOver(submitted), [native, server]);
    expect(submitted.exitCode).toBe(0);
    expect(rowsIn("refused")).toHaveLength(1);
    // A worker that was taken for dead may come with its rows when nobody waits for them any more.
    await keepRows(redis, "a study that is whole", [{ key: "late" } as unknown as Row]);
    expect(await redis.keys("penumbra-study:rows:*")).toEqual([]);
    wasm.kill("SIGTERM");
    expect(await ended(wasm)).toBe(0);
    redis.disconnect();
  },
);

test("a queue that is not there, and an address that is none", async () => {
  const refused = (...args: string[]) =>
    studyVerb(args, () => {}).then(
      () => new Error("It was not refused."),
      (error: unknown) => error as Error,
    );
  const port = await freePort();
  const absent = await refused("status", "--redis", `redis://:secret@127.0.0.1:${port}`);
  expect(absent).toBeInstanceOf(LabError);
  expect(absent.message).toContain(`Redis at redis://127.0.0.1:${port} gives no answer`);
  expect(JSON.stringify(toErrorData(absent))).not.toContain("secret");
  expect((await refused("worker")).message).toContain("It needs --redis URL");
  const nowhere = await refused("submit", "x.json", "--redis", "redis://a");
  expect(nowhere.message).toContain("study submit needs");
});
