/**
 * The queue of studies on Redis or Valkey: BullMQ keeps the jobs, a hash per study the rows until the submitting process
 * has written them to disk. Nothing goes through it but experiments, hashes, labels and rows.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { LabError } from "../../errors/labError.ts";
import { canonicalJson } from "../../host/canonicalJson.ts";
import type { Backend } from "../../model/backend.ts";
import { ROW_VERSION } from "../../study/rowKey.ts";
import type { Need } from "../../study/measures.ts";
import type { Row } from "../../study/rowColumns.ts";
import type { KeyedRun } from "../../study/runStudy.ts";
import type { Study } from "../../study/schema.ts";
import { UsageError } from "../usageError.ts";
import { sha256Text } from "./rowFolder.ts";

export const QUEUE = "penumbra-study";

export interface StudyJob {
  /** Of the rows; a worker of another version leaves the job to others. */
  readonly rowVersion: number;
  readonly backend: Backend;
  readonly studyId: string;
  readonly stages: readonly Need[];
  readonly runs: readonly KeyedRun[];
}

/** Names a study together with what its rows' keys depend on besides it. */
export function studyId(study: Study, backend: Backend): string {
  return sha256Text(canonicalJson({ study, backend, rowVersion: ROW_VERSION })).slice(0, 16);
}

/** Rows by key, as JSON, until the submitter has them. */
export const rowsName = (id: string): string => `${QUEUE}:rows:${id}`;
/** What is known of each study, by its id. */
export const STUDIES = `${QUEUE}:studies`;
/**
 * Keeps rows for their submitter, as long as it wants any: what a worker makes again after the study is whole (its job was
 * taken for lost) would stay there for good.
 */
export async function keepRows(redis: Redis, id: string, rows: readonly Row[]): Promise<void> {
  const cells = rows.flatMap((row) => [String(row.key), JSON.stringify(row)]);
  await redis.eval(KEEP_ROWS, 2, rowsName(id), STUDIES, id, ...cells);
}

const KEEP_ROWS = `
if redis.call("hexists", KEYS[2], ARGV[1]) == 0 then return 0 end
return redis.call("hset", KEYS[1], unpack(ARGV, 2))`;

/** How many rows a worker has made; gone some seconds after the worker. */
export const workerName = (worker: string): string => `${QUEUE}:worker:${worker}`;
/** Why workers left jobs to others, by worker. */
export const REFUSED = `${QUEUE}:refused`;

/** First wait for an answer; later ones last until it comes, so that a restarted Redis is waited for. */
const FIRST_ANSWER_MS = 5000;

/** @param url redis:// or rediss:// (TLS), with user and password where there are some. @throws LabError "not-found" */
export async function connectRedis(url: string | undefined): Promise<Redis> {
  if (url === undefined || !/^rediss?:\/\//.test(url)) {
    throw new UsageError(
      "It needs --redis URL, such as redis://:PASSWORD@host:6379 or rediss://...",
    );
  }
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(1000, 50 * times),
  });
  let last = "no answer";
  // Lost connections are made again; what matters is told by the commands that wait.
  redis.on(
    "error",
    (error: Error) => (last = error.message || (error as NodeJS.ErrnoException).code || last),
  );
  const answer = await Promise.race([
    redis.ping().catch((error: unknown) => (error as Error).message),
    pause(FIRST_ANSWER_MS, undefined, { ref: false }),
  ]);
  if (answer === "PONG") return redis;
  redis.disconnect();
  throw new LabError(
    "not-found",
    `Redis at ${withoutPassword(url)} gives no answer (${answer ?? last}).`,
    {
      hint: "Start redis-server, or correct the address and its password.",
    },
  );
}

function withoutPassword(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
