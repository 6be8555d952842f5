/** Nearest words to picture tokens, through runs on bundled models: where they exist, and refused by name where not. */
import { expect, test } from "vitest";
import { nodeLab } from "../../cli/nodeLab.ts";
import { readyOwnModel } from "../../cli/ownModel.ts";
import { nodeSessions } from "../../cli/nodeSessions.ts";
import { floatData } from "../../tensor/tensor.ts";
import { nearestWords } from "../../metrics/nearestWords.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { defaultSpec } from "../defaultSpec.ts";
import { validateSpec } from "../validateSpec.ts";
import type { InstrumentResult } from "./instrumentResult.ts";

const sessions = nodeSessions(1);
const opening = defaultSpec();

/** @param folder of a model of several graphs; the opening model where absent */
async function found(folder?: string) {
  const ready = folder === undefined ? undefined : await readyOwnModel(folder, undefined, sessions);
  const lab = nodeLab(sessions, { own: ready });
  const spec = validateSpec({
    ...opening,
    model: ready ? { id: ready.manifest.id, precision: ready.precision } : opening.model,
    stack: opening.stack.filter(({ type }) => type === "perturbation"),
    certificate: { ...opening.certificate, enabled: false },
    relevance: { enabled: false },
    instruments: [{ instrument: "nearWords", enabled: true, seed: 1, params: {} }],
  });
  let last: InstrumentResult | undefined;
  const kept = new Map<string, Tensor>();
  const record = (name: string, tensor: Tensor) => void kept.set(name, tensor);
  for await (const event of lab.run(spec, "full", { aborted: false }, { record })) {
    if (event.type === "stage" && event.stage === "instrument:nearWords") last = event.payload;
  }
  return { result: last!, kept };
}

test("every picture token of a model that reads pictures among words gets its nearest word, and what is kept gives the same", async () => {
  const { result, kept } = await found("public/models/llava-mini");
  const value = (id: string) => result.quantities.find((q) => q.id === id)!.value;
  const tokens = kept.get("instrument.nearWords.tokens.clean")!;
  const [rows, width] = tokens.shape as [number, number];
  const parts = [...kept.keys()].filter((name) => name.startsWith("instrument.nearWords.table."));
  const table = Float32Array.from(parts.flatMap((name) => [...floatData(kept.get(name)!, name)]));
  const again = nearestWords({ rows, width, data: floatData(tokens, "tokens") }, table);
  const mean = again.reduce((sum, { cosine }) => sum + cosine, 0) / rows;
  expect(value("cosine.clean")).toBeCloseTo(mean, 6);
  // This model's tokens point away from all of its words, and the sentence says what that makes of them.
  expect(value("cosine.clean")).toBeLessThan(value("cosine.chance"));
  expect(result.statement).toContain("no nearer than by chance");
  expect(value("changed")).toBeGreaterThan(0);
  const counted = result.tables![0]!.rows.reduce((sum, row) => sum + Number(row[1]), 0);
  expect(counted).toBeLessThanOrEqual(rows);
  expect(result.maps).toHaveLength(2);
  // Every place of the grid, in words.
  const grid = result.tables!.find(({ id }) => id === "grid.clean")!;
  expect(grid.rows.length * (grid.columns.length - 1)).toBe(rows);
}, 240_000);

test.each([
  ["the opening model", undefined, "reads the picture by attention from outside"],
  [
    "a dual encoder",
    "public/models/siglip-mini",
    "compares the whole picture with whole sentences",
  ],
])(
  "%s has none, by name",
  async (_, folder, reason) => {
    const { result } = await found(folder);
    expect(result.obstacle).toContain(reason);
  },
  240_000,
);
