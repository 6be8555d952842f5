/** The guarantee that stands beside the opening case's own: on the bundled models, through a run. */
import { expect, test } from "vitest";
import { nodeLab } from "../cli/nodeLab.ts";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { bestCosineBound } from "../certificates/featureCosine.ts";
import { withNoisyCopies } from "./certify.ts";
import { besideNoiseTrained, defaultSpec } from "./defaultSpec.ts";
import type { StageResults } from "./results.ts";
import type { ExperimentSpec } from "./spec.ts";
import type { EmbedElsewhere, LabContext } from "./labContext.ts";
import { runExperiment } from "./run.ts";
import { labAround } from "../testing/fakeLab.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { validateSpec } from "./validateSpec.ts";

const lab = nodeLab(nodeSessions(1));

/** The opening case with a change that costs nothing to make and is larger than any guarantee. */
function opening(certificate: Partial<ExperimentSpec["certificate"]>): ExperimentSpec {
  const spec = defaultSpec();
  return {
    ...spec,
    stack: spec.stack.filter(({ type }) => type === "perturbation"),
    relevance: { enabled: false },
    certificate: { ...spec.certificate, maxSamples: 100, ...certificate },
  };
}

async function events(spec: ExperimentSpec) {
  const seen: { stage: string; partial: boolean }[] = [];
  const results: Partial<StageResults> = {};
  for await (const event of lab.run(validateSpec(spec), "full", { aborted: false })) {
    if (event.type !== "stage") continue;
    seen.push({ stage: String(event.stage), partial: event.partial });
    Object.assign(results, { [event.stage]: event.payload });
  }
  return { seen, results };
}

test("the noise-trained model proves something while the case's own guarantee is still to come", async () => {
  const { seen, results } = await events(opening({}));
  const stages = seen.map(({ stage }) => stage);
  expect(stages.indexOf("beside")).toBeLessThan(stages.indexOf("certificate"));
  expect(seen.find(({ stage }) => stage === "beside")!.partial).toBe(true);

  // Nothing is proved about the change on screen, and something about the small one beside it.
  expect(results.certificate!.atStack.toSmoothedClean).toBeNaN();
  const { beside } = results;
  if (!beside || "obstacle" in beside) throw new Error("no certificate beside it");
  expect(beside.model).toBe("noise");
  const { scoreLower, stackL2, atStack, n, sigma } = beside.certificate;
  expect({ n, sigma, stackL2 }).toEqual({ n: 64, sigma: 0.25, stackL2: 0.05 });
  expect(atStack.toSmoothedClean).toBe(
    bestCosineBound(scoreLower, stackL2 / sigma, "smoothedClean"),
  );
  expect(atStack.toSmoothedClean).toBeGreaterThan(0.95);
}, 240_000);

test("the first bound shown beside it already proves something", async () => {
  for await (const event of nodeLab(nodeSessions(1)).run(opening({}), "full", { aborted: false })) {
    if (event.type !== "stage" || event.stage !== "beside") continue;
    const { payload } = event;
    if ("obstacle" in payload) throw new Error(payload.obstacle);
    expect(payload.certificate.n).toBe(16);
    expect(payload.certificate.atStack.toSmoothedClean).toBeGreaterThan(0.5);
    return;
  }
  throw new Error("nothing was shown");
}, 240_000);

test.each([
  [0.1, 20],
  // So few can prove nothing however they agree: what there is is shown then.
  [0.5, 24],
])("about a change of l2 %d the first bound is shown after %d copies", async (l2, copies) => {
  const embed: EmbedElsewhere = (images, drawn) =>
    fakeModel().embed(withNoisyCopies(images, drawn));
  const { first } = await around({ now: () => undefined, soon: async () => embed }, l2);
  expect(first).toBe(copies);
});

test("it is asked for by the experiment alone, and refused where it names no model of the lab", async () => {
  const { beside: _, ...alone } = defaultSpec().certificate;
  const { results } = await events({ ...opening({}), certificate: { ...alone, enabled: false } });
  expect(results.beside).toBeUndefined();
  const other = { ...besideNoiseTrained(), model: "own-1" };
  expect(() => validateSpec({ ...opening({}), certificate: { ...alone, beside: other } })).toThrow(
    /beside/,
  );
}, 240_000);

/** The same experiment on one model of a test's own, with or without another core. */
async function around(elsewhere?: LabContext["elsewhere"], l2 = besideNoiseTrained().l2) {
  const model = fakeModel();
  const told: string[] = [];
  const context = labAround(model, {
    manifest: async () => model.manifest,
    ...(elsewhere ? { elsewhere } : {}),
  });
  let found: StageResults["beside"] | undefined;
  let first: number | undefined;
  const asked = opening({ beside: { ...besideNoiseTrained(), l2 } });
  for await (const event of runExperiment(validateSpec(asked), "full", context)) {
    if (event.type !== "stage") continue;
    told.push(`${event.stage}${event.partial ? "…" : ""}`);
    if (event.stage !== "beside") continue;
    found = event.payload;
    if ("certificate" in found) first ??= found.certificate.n;
    // What is left is the case's own guarantee.
    if (!event.partial) break;
  }
  if (!found || "obstacle" in found) throw new Error("no certificate beside it");
  return { told, first, beside: found.certificate };
}

test("another core opens the model and draws while this one disturbs, and the bound has the same digits", async () => {
  const alone = await around();
  const model = fakeModel();
  const away: number[] = [];
  let askedAfter = "";
  const helped = await around({
    now: () => undefined,
    soon: async ({ model: { id } }) => {
      askedAfter = id;
      return async (images, copies) => {
        const all = withNoisyCopies(images, copies);
        away.push(all.length);
        return model.embed(all);
      };
    },
  });
  const { told } = helped;
  expect(askedAfter).toBe("noise");
  // The clean picture with the copies that first prove something, then eight at a time.
  expect(away).toEqual([17, 8, 8, 8, 8, 8, 8]);
  expect(helped.beside).toEqual(alone.beside);
  // Waited for before the first disturbance; drawn here, it is drawn after the reader's own numbers.
  expect(told.indexOf("beside…")).toBe(told.indexOf("clean") + 1);
  expect(told.indexOf("beside…")).toBeLessThan(told.indexOf("disturbed"));
  expect(alone.told.indexOf("beside…")).toBe(alone.told.indexOf("metrics") + 1);
  const lost = await around({
    now: () => undefined,
    soon: async () => async () => Promise.reject(new Error("lost")),
  });
  expect(lost.beside).toEqual(alone.beside);
  expect((await around({ now: () => undefined, soon: async () => undefined })).beside).toEqual(
    alone.beside,
  );
});
