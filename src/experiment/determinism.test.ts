/** One experiment twice in labs that share nothing, and the model's files under a defense: compared byte by byte. */
import { expect, test } from "vitest";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import type { DefenseItem } from "../defenses/defense.ts";
import type { SessionFactory } from "../graphs/session.ts";
import { sha256Hex } from "../host/sha256.ts";
import { cosine } from "../tensor/norms.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defaultSpec } from "./defaultSpec.ts";
import type { StageResults } from "./results.ts";
import type { ExperimentSpec } from "./spec.ts";

/** Native sessions that keep every tensor which leaves a graph, and the hash of every graph that is opened. */
function watched() {
  const outputs: Tensor[] = [];
  const graphs = new Set<string>();
  const native = nodeSessions(1);
  const sessions: SessionFactory = {
    backend: native.backend,
    create: async (graph, options) => {
      graphs.add(await sha256Hex(graph));
      const session = await native.create(graph, options);
      return {
        ...session,
        inputNames: session.inputNames,
        outputNames: session.outputNames,
        release: () => session.release(),
        run: async (feeds, names) => {
          const made = await session.run(feeds, names);
          outputs.push(...Object.values(made));
          return made;
        },
      };
    },
  };
  return { sessions, outputs, graphs };
}

function shortSpec(defenses: readonly DefenseItem[] = []): ExperimentSpec {
  const opening = defaultSpec();
  return {
    ...opening,
    stack: opening.stack.map((item) => (item.type === "attack" ? { ...item, steps: 2 } : item)),
    defenses,
    relevance: { enabled: false },
    certificate: { ...opening.certificate, enabled: false },
    instruments: [],
  };
}

async function run(sessions: SessionFactory, spec: ExperimentSpec) {
  const results: Partial<StageResults> = {};
  for await (const event of nodeLab(sessions).run(spec, "full", { aborted: false })) {
    if (event.type === "stage") Object.assign(results, { [event.stage]: event.payload });
  }
  return results;
}

test("deterministic inference: a rerun gives identical bytes, logits and the attacked picture among them", async () => {
  const [first, second] = [watched(), watched()];
  const a = await run(first.sessions, shortSpec());
  const b = await run(second.sessions, shortSpec());
  expect(first.outputs.length).toBeGreaterThan(4);
  expect(second.outputs).toHaveLength(first.outputs.length);
  first.outputs.forEach((tensor, k) => {
    const other = second.outputs[k]!;
    expect(other.shape).toEqual(tensor.shape);
    expect(bytesOf(other).equals(bytesOf(tensor))).toBe(true);
  });
  expect(b.disturbed!.image).toEqual(a.disturbed!.image);
  expect(b.readout!.answer).toEqual(a.readout!.answer);
});

test("no retraining: with the booster on, the encoder's and the decoder's graphs have the hashes they have without it", async () => {
  const booster = ["purifier", "mapper"].map((defense): DefenseItem => ({
    id: defense,
    defense,
    enabled: true,
    seed: 0,
    params: { sigma: 0.25 },
  }));
  const [bare, boosted] = [watched(), watched()];
  const plain = shortSpec();
  await run(bare.sessions, { ...plain, stack: [] });
  await run(boosted.sessions, { ...shortSpec(booster), stack: [] });
  expect(bare.graphs.size).toBeGreaterThan(1);
  for (const hash of bare.graphs) expect([...boosted.graphs]).toContain(hash);
  // Its own two are beside them.
  expect(boosted.graphs.size).toBeGreaterThan(bare.graphs.size);
});

test("fp16 and int8 agree: cosine above .999, the same answers", async () => {
  const [half, eighth] = await Promise.all(
    (["fp16", "int8"] as const).map((precision) =>
      run(nodeSessions(1), { ...shortSpec(), stack: [], model: { id: "base", precision } }),
    ),
  );
  const [a, b] = [half!.clean!, eighth!.clean!];
  expect(cosine(a.embedding, b.embedding)).toBeGreaterThan(0.999);
  expect(a.answer!.answer).toBe(b.answer!.answer);
  expect(a.paraphrases.map(({ answer }) => answer)).toEqual(
    b.paraphrases.map(({ answer }) => answer),
  );
});

function bytesOf({ data }: Tensor): Buffer {
  const view = data as Float32Array;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
