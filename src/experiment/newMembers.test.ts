/**
 * What a stranger does: one file and one registry line each for a defense and for an instrument. Everything else has them by
 * itself: validation, the link, the page's state, the cache, a run and `lab run`'s manifest.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { runVerb } from "../cli/runVerb.ts";
import { createExperimentStore } from "../state/experimentStore.ts";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { INSTRUMENT_CATALOG } from "./instruments/catalog.ts";
import { summarizeResults } from "./manifest.ts";
import type { RunEvent, StageResults } from "./results.ts";
import { runExperiment } from "./run.ts";
import { decodeShareLink } from "./shareLink/decode.ts";
import { encodeShareLink } from "./shareLink/encode.ts";
import type { ExperimentSpec } from "./spec.ts";
import { validateSpec } from "./validateSpec.ts";

vi.mock("../defenses/registry.ts", async (original) => {
  const { DEFENSES } = await original<typeof import("../defenses/registry.ts")>();
  const { toyDefense } = await import("../testing/toyDefense.ts");
  return { DEFENSES: { ...DEFENSES, toyDefense } };
});
vi.mock("./instruments/registry.ts", async (original) => {
  const { INSTRUMENTS } = await original<typeof import("./instruments/registry.ts")>();
  const { toyInstrument } = await import("../testing/toyInstrument.ts");
  return { INSTRUMENTS: { ...INSTRUMENTS, toyInstrument } };
});

const spec: ExperimentSpec = {
  ...defaultSpec(),
  stack: defaultSpec().stack.slice(1),
  certificate: { ...defaultSpec().certificate, enabled: false },
  defenses: [
    { id: "toy-1", defense: "toyDefense", enabled: true, seed: 1, params: { strength: 0.5 } },
  ],
  instruments: [
    { instrument: "toyInstrument", enabled: true, seed: 1, params: { threshold: 0.25 } },
  ],
};

function lab() {
  const model = fakeModel();
  const context = labAround(model);
  const run = async (asked: ExperimentSpec) => {
    const events: RunEvent[] = [];
    for await (const event of runExperiment(asked, "full", context)) events.push(event);
    const stages = events.filter((event) => event.type === "stage");
    const results = Object.fromEntries(stages.map(({ stage, payload }) => [stage, payload]));
    return { stages, results: results as Partial<StageResults> };
  };
  return { run, model };
}

test("they are offered by name, text and range", () => {
  expect(DEFENSE_CATALOG["toyDefense"]).toMatchObject({ label: "Toy", strength: "strength" });
  expect(DEFENSE_CATALOG["toyDefense"]!.params["strength"]).toMatchObject({ min: 0, max: 1 });
  expect(INSTRUMENT_CATALOG["toyInstrument"]).toMatchObject({ label: "Toy", needs: ["input"] });
  expect(JSON.stringify(INSTRUMENT_CATALOG)).not.toContain("async");
});

test("an experiment holds them, refuses what they are not, and its link brings them back", () => {
  expect(validateSpec(spec)).toEqual(spec);
  const [defense] = spec.defenses;
  const wrong = { ...spec, defenses: [{ ...defense!, params: { strength: 2 } }] };
  expect(() => validateSpec(wrong)).toThrow("defenses[0].params.strength is 2, but must be");
  const unknown = { ...spec, instruments: [{ ...spec.instruments[0]!, params: { level: 1 } }] };
  expect(() => validateSpec(unknown)).toThrow("is no setting of toyInstrument");
  expect(decodeShareLink(encodeShareLink({ spec, view: {} })).spec).toEqual(spec);
});

test("the page's state edits and undoes them", () => {
  const store = createExperimentStore(spec);
  store.getState().edit((old) => ({ ...old, defenses: [], instruments: [] }));
  expect(store.getState().spec.defenses).toEqual([]);
  store.getState().walk("undo");
  expect(store.getState().spec).toEqual(spec);
});

test("the defense stands before the model, for answers and attacks alike, and is nothing at 0", async () => {
  const { run } = lab();
  const { results } = await run(spec);
  const bare = await run({ ...spec, defenses: [] });
  const [defense] = spec.defenses;
  const still = await run({ ...spec, defenses: [{ ...defense!, params: { strength: 0 } }] });
  // Halving every pixel's distance to the middle changes what the model says.
  expect(results.clean!.answer!.margin).not.toBe(bare.results.clean!.answer!.margin);
  expect(results.undefended!.clean).toEqual(bare.results.clean);
  expect(results.disturbed!.items[0]!.trace).toMatchObject({ gradient: "exact", aware: true });
  expect(results.gradientCheck).toBeDefined();
  expect(bare.results.undefended).toBeUndefined();
  // Strength 0 is the bare model: nothing is computed again.
  expect(still.stages.every(({ cached }) => cached)).toBe(true);
  const stack = spec.stack.map((item) => ({ ...item, knowledge: "unaware" }) as typeof item);
  const unaware = await run({ ...spec, stack });
  expect(unaware.results.disturbed!.items[0]!.trace).toMatchObject({ aware: false });
  // Nobody is unaware of a defense that is not there.
  const nothing = await run({ ...spec, stack, defenses: [] });
  expect(nothing.results.disturbed!.items[0]!.trace).toMatchObject({ aware: true });
});

test("the instrument runs when it is switched on, comes from the cache, and is in the manifest", async () => {
  const { run, model } = lab();
  const first = await run(spec);
  const found = first.results["instrument:toyInstrument"]!;
  const { image } = first.results.input!;
  const share = image.filter((v) => v > 0.25).length / image.length;
  expect(found.quantities).toEqual([
    { id: "share", label: "Pixels above the threshold", value: share, unit: "", n: image.length },
  ]);
  expect(summarizeResults(first.results)).toMatchObject({
    instruments: { toyInstrument: { statement: found.statement } },
  });
  const before = { ...model.calls };
  const again = await run(spec);
  expect(again.stages.at(-1)).toMatchObject({ stage: "instrument:toyInstrument", cached: true });
  expect(model.calls).toEqual(before);
  const off = { ...spec, instruments: [{ ...spec.instruments[0]!, enabled: false }] };
  expect((await run(off)).results["instrument:toyInstrument"]).toBeUndefined();
});

test("`lab run` runs both on a bundled model, and its manifest repeats itself", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "new-members-"));
  try {
    const file = path.join(folder, "run.json");
    const labRun = async (what: unknown) => {
      await writeFile(file, JSON.stringify(what));
      const printed: unknown[] = [];
      await runVerb([file], (value) => void printed.push(value));
      return printed[0] as {
        readonly results: {
          readonly instruments: Readonly<Record<string, { readonly statement: string }>>;
          readonly undefended?: unknown;
        };
        readonly replay?: { readonly status: string };
      };
    };
    const first = await labRun({ ...spec, stack: [] });
    expect(first.results.instruments["toyInstrument"]!.statement).toBeTruthy();
    // What the model says without the defense stands beside what it says behind it.
    expect(first.results.undefended).toBeDefined();
    expect((await labRun(first)).replay?.status).toBe("reproduced");
  } finally {
    await rm(folder, { recursive: true });
  }
});
