import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { LabError } from "../errors/labError.ts";
import { noCells } from "./measureRun.ts";
import type { RunJob, RunOutcome } from "./measureRun.ts";
import { planRuns } from "./plan.ts";
import { rowKey } from "./rowKey.ts";
import type { Row } from "./rowColumns.ts";
import { columnsOf, placedRow } from "./rows.ts";
import { runStudy } from "./runStudy.ts";
import type { StudyHost, StudyOptions } from "./runStudy.ts";
import { parseStudy } from "./schema.ts";
import type { Study } from "./schema.ts";

function study(change: Record<string, unknown> = {}): Study {
  return parseStudy({
    format: "penumbra-study",
    version: 1,
    name: "test",
    base: { certificate: { enabled: true } },
    cases: [{ kind: "phantoms", firstSeed: 0, count: 5, findings: "sampled" }],
    axes: [{ name: "sigma", kind: "field", path: "certificate.sigma", values: [0.1, 0.2, 0.05] }],
    measures: ["gaussianScore"],
    ...change,
  });
}

/** Answers with the seed, later for earlier cases, so that the order of finishing is not the plan's. */
function host(change: Partial<StudyHost> = {}): StudyHost & { ran: number } {
  const self: StudyHost & { ran: number } = {
    ran: 0,
    workers: 3,
    backend: "native",
    modelSha256: async (id, precision) => `${id}-${precision}`,
    graphsBeside: async () => [],
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    runGroup: async (jobs) => {
      self.ran += jobs.length;
      const seed = seedOf(jobs[0]!);
      for (let k = 0; k < 10 - 2 * seed; k++) await Promise.resolve();
      return jobs.map(outcomeOf);
    },
    ...change,
  };
  return self;
}

const seedOf = ({ spec }: RunJob) => (spec.case.kind === "phantom" ? spec.case.phantom.seed : -1);
const outcomeOf = (job: RunJob): RunOutcome => ({
  cells: { ...noCells(), gaussianScore: seedOf(job) + job.spec.certificate.sigma },
  elapsedMs: 1,
});

async function rowsOf(
  of: Study,
  by: StudyHost,
  options: Partial<StudyOptions> = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  const all = { isKnown: () => false, signal: { aborted: false }, ...options };
  for await (const event of runStudy(of, by, all)) if (event.type === "row") rows.push(event.row);
  return rows;
}

test("rows come in the plan's order, whichever run ends first", async () => {
  const rows = await rowsOf(study(), host());
  expect(rows.map((row) => [row.case, row["sigma"], row["gaussianScore"]])).toEqual(
    [0, 1, 2, 3, 4].flatMap((seed) =>
      [0.1, 0.2, 0.05].map((sigma) => [`phantom ${seed}`, sigma, seed + sigma]),
    ),
  );
  expect(new Set(rows.map(({ key }) => key)).size).toBe(15);
  expect(JSON.parse(String(rows[4]!.spec))).toMatchObject({ certificate: { sigma: 0.2 } });
});

test("what is known is not run again, and a new value runs alone", async () => {
  const known = new Set((await rowsOf(study(), host())).map(({ key }) => key));
  const again = host();
  const isKnown = (key: string) => known.has(key);
  expect(await rowsOf(study(), again, { isKnown })).toEqual([]);
  const axes = [
    { name: "renamed", kind: "field", path: "certificate.sigma", values: [0.15, 0.1, 0.2, 0.05] },
  ];
  const more = await rowsOf(study({ axes }), again, { isKnown });
  expect(more.map((row) => row["renamed"])).toEqual([0.15, 0.15, 0.15, 0.15, 0.15]);
  expect(again.ran).toBe(5);
});

test("shards split the runs without a rest", async () => {
  const whole = await rowsOf(study(), host());
  const parts = await Promise.all(
    [0, 1, 2].map((part) => rowsOf(study(), host(), { shard: { part, of: 3 } })),
  );
  expect(parts.map((rows) => rows.length)).toEqual([6, 6, 3]);
  const keys = (rows: readonly Row[]) => new Set(rows.map(({ key }) => key));
  expect(keys(parts.flat())).toEqual(keys(whole));
  expect(parts.flat()).toHaveLength(whole.length);
});

test("a raised signal ends the study between rows", async () => {
  const signal = { aborted: false };
  const rows: Row[] = [];
  const cases = [{ kind: "phantoms", firstSeed: 0, count: 100, findings: "sampled" }];
  for await (const event of runStudy(study({ cases }), host(), { isKnown: () => false, signal })) {
    if (event.type !== "row") continue;
    rows.push(event.row);
    signal.aborted ||= rows.length >= 3;
  }
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect(rows.length).toBeLessThan(100);
});

test("a worker that dies is tried once more, and then its rows say what happened", async () => {
  let calls = 0;
  const dying = host({
    runGroup: async (jobs) => {
      if (seedOf(jobs[0]!) !== 2) return jobs.map(outcomeOf);
      calls++;
      throw new LabError("internal", "The worker stopped with code 137.");
    },
  });
  const rows = await rowsOf(study(), dying);
  expect(calls).toBe(2);
  expect(rows).toHaveLength(15);
  const failed = rows.filter(({ errorCode }) => errorCode !== null);
  expect(failed.map((row) => row.case)).toEqual(Array(3).fill("phantom 2"));
  expect(failed[0]).toMatchObject({
    errorCode: "backend-lost",
    error: "The worker stopped with code 137.",
    gaussianScore: null,
  });
});

test("a run that can't be is a row, and nothing is computed for it", async () => {
  const cases = [
    { kind: "phantoms", firstSeed: 1, count: 1, findings: [{ kind: "effusion" }] },
    { kind: "phantoms", firstSeed: 2, count: 1, findings: [] },
  ];
  const axes = [
    { name: "volume", kind: "field", path: "case.phantom.findings[0].amount", values: [500] },
  ];
  const by = host();
  const rows = await rowsOf(study({ cases, axes }), by);
  expect(rows.map(({ errorCode }) => errorCode)).toEqual([null, "spec-invalid"]);
  expect(rows[1]!.error).toContain("names an entry of a list that is empty");
  expect(by.ran).toBe(1);
});

test("two cells of one plan that ask for the same run share its row", async () => {
  const axes = [
    {
      name: "way",
      kind: "levels",
      levels: [
        { label: "as it is", set: {} },
        { label: "said", set: { "certificate.sigma": 0.1 } },
      ],
    },
  ];
  const same = study({ axes });
  const by = host();
  const rows = await rowsOf(same, by);
  expect(by.ran).toBe(5);
  const columns = columnsOf(same);
  const [, second] = planRuns(same);
  expect(placedRow(rows[0]!, second!, columns)).toMatchObject({ way: "said", gaussianScore: 0.1 });
});

test("a key names what decides the numbers, and nothing else", async () => {
  const keyOf = async (
    base: Record<string, unknown>,
    by: Partial<StudyHost> = {},
    stages: never[] = [],
  ) => {
    const [run] = planRuns(study({ base, axes: [], cases: [{ kind: "this" }] }));
    return rowKey(run!, stages, host(by));
  };
  const noise = { id: "a", type: "perturbation", perturbation: "gaussianNoise" };
  const base = await keyOf({ stack: [noise] });
  expect(base).toMatch(/^[0-9a-f]{64}$/);
  expect(await keyOf({ stack: [{ ...noise, id: "b" }] })).toBe(base);
  expect(await keyOf({ stack: [noise, { ...noise, id: "off", enabled: false }] })).toBe(base);
  expect(await keyOf({ stack: [noise], certificate: { enabled: true } })).toBe(base);
  const others = [
    await keyOf({ stack: [{ ...noise, seed: 2 }] }),
    await keyOf({ stack: [noise], question: "Is there cardiomegaly?" }),
    await keyOf({ stack: [noise] }, { backend: "wasm" }),
    await keyOf({ stack: [noise] }, { modelSha256: async () => "another" }),
  ];
  expect(new Set([base, ...others]).size).toBe(5);
  // An attack that has become another one makes its rows anew, and no others.
  const written = (attack: string) =>
    keyOf({ stack: [{ id: "a", type: "attack", attack }] }, { sha256: (text) => text });
  expect(await written("strong")).toContain('"revisions":[["strong",2]]');
  expect(await written("pgd")).not.toContain("revisions");
});
