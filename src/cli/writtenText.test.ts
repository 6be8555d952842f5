/** What a model writes, moved towards a sentence by asking alone (AttackVLM MF-tt), on the shipped model that writes. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { StageResults } from "../experiment/results.ts";
import type { AttackItem, ExperimentSpec } from "../experiment/spec.ts";
import { validateSpec } from "../experiment/validateSpec.ts";
import { cosine } from "../tensor/norms.ts";
import { nodeLab } from "./nodeLab.ts";
import { nodeSessions } from "./nodeSessions.ts";
import { aboutOwn, readyOwnModel } from "./ownModel.ts";

const TEXT = "No";
const MINI = fileURLToPath(new URL("../../public/models/llava-mini", import.meta.url));
const sessions = nodeSessions(1);
const mini = await readyOwnModel(MINI, undefined, sessions);
const lab = nodeLab(sessions, { own: mini });

function asking(change: Partial<AttackItem>): ExperimentSpec {
  const { certificate, relevance, ...spec } = defaultSpec();
  return validateSpec({
    ...spec,
    relevance: { ...relevance, enabled: false },
    certificate: { ...certificate, enabled: false },
    instruments: [{ instrument: "ownWords", enabled: true, seed: 1, params: { maxTokens: 32 } }],
    stack: [
      {
        id: "a",
        type: "attack",
        attack: "nes",
        enabled: true,
        seed: 1,
        norm: "linf",
        epsilon: 16,
        queries: 90,
        restarts: 1,
        goal: { kind: "writtenText", text: TEXT },
        ...change,
      },
    ],
  });
}

/** By the model that writes, unless it is to be the lab's own of single words. */
async function stagesOf(asked: ExperimentSpec, isWriting = true) {
  const spec = isWriting ? aboutOwn(asked, mini) : asked;
  const stages: Partial<StageResults> = {};
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(stages, { [event.stage]: event.payload });
  }
  return stages;
}

test("its loss is the cosine of the two texts, and the text that is written is the one that was judged", async () => {
  const stages = await stagesOf(asking({}));
  const { trace } = stages.disturbed!.items[0]!;
  const written = stages["instrument:ownWords"]!.tables![0]!.rows.map((row) => String(row[2]));
  const { embedText } = await lab.system("base", "int8");
  const [wanted, before, after] = (await embedText!([TEXT, ...written])) as Float32Array[];
  expect(trace!.loss[0]).toBeCloseTo(cosine(before!, wanted!) - 1, 4);
  expect(trace!.bestLoss.at(-1)).toBeCloseTo(cosine(after!, wanted!) - 1, 4);
  expect(trace!.queries).toBeGreaterThan(80);
  expect(trace!.gradientPasses).toBe(0);
  // The lab's text encoder decides this result, and is named.
  expect(stages.graphs!.some(({ model, role }) => model === "base" && role === "text")).toBe(true);
}, 300_000);

test("an attack with gradients, and a model of single words, are refused with a way out", async () => {
  const { queries: _queries, ...climbing } = asking({}).stack[0] as AttackItem;
  const pgd = validateSpec({
    ...asking({}),
    stack: [{ ...climbing, attack: "apgd", steps: 5 }],
  });
  await expect(stagesOf(pgd)).rejects.toMatchObject({
    code: "graph-unsupported-op",
    hint: expect.stringContaining("only asks for answers"),
  });
  await expect(stagesOf(asking({}), false)).rejects.toMatchObject({
    code: "spec-invalid",
    hint: expect.stringContaining("writes"),
  });
}, 120_000);
