/** `lab study status`: what a queue holds and who works on it. */
import { Queue } from "bullmq";
import { parseCommandLine } from "../usageError.ts";
import { QUEUE, REFUSED, STUDIES, connectRedis, rowsName, workerName } from "./queue.ts";

export async function statusCommand(
  args: readonly string[],
  print: (value: unknown) => void,
): Promise<void> {
  const { values } = parseCommandLine({ args: [...args], options: { redis: { type: "string" } } });
  const redis = await connectRedis(values.redis);
  const queue = new Queue(QUEUE, { connection: redis });
  try {
    const { waiting, active, delayed, failed } = await queue.getJobCounts();
    const workers: Record<string, number> = {};
    const prefix = workerName("");
    for await (const keys of redis.scanStream({ match: `${prefix}*` })) {
      for (const key of keys as string[])
        workers[key.slice(prefix.length)] = Number(await redis.get(key));
    }
    const studies = Object.entries(await redis.hgetall(STUDIES));
    const listed = [];
    for (const [id, text] of studies) {
      const known = JSON.parse(text) as { name: string; toDo: number };
      listed.push({ id, ...known, rowsNotTaken: await redis.hlen(rowsName(id)) });
    }
    print({
      jobs: { waiting, active, delayed, failed },
      /** Rows made so far, by worker. */
      workers,
      studies: listed,
      refused: await redis.hgetall(REFUSED),
    });
  } finally {
    await queue.close();
    redis.disconnect();
  }
}
