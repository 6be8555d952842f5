/** Every graph that decides a result is named: in the system's key, in manifests and links, in the keys of rows. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { nodeSessions } from "../cli/nodeSessions.ts";
import { nodeRowMaker } from "../cli/study/modelHashes.ts";
import { DEFENSES } from "../defenses/registry.ts";
import { Lab } from "../engine/lab.ts";
import { LabError } from "../errors/labError.ts";
import { readPackage } from "../graphs/modelPackage.ts";
import { openModel } from "../graphs/openModel.ts";
import { readyPackage } from "../graphs/readyModel.ts";
import { probeRunner } from "../graphs/runners.ts";
import { LINK_PACKAGE } from "../model/catalog.ts";
import { partsBeside } from "../model/graphPart.ts";
import type { LinkManifest, LinkPackage } from "../model/linkManifest.ts";
import { graphsSha256, parseManifest } from "../model/manifest.ts";
import type { ModelManifest } from "../model/manifest.ts";
import { serializeModel } from "../onnx/file.ts";
import { rowKey } from "../study/rowKey.ts";
import { graphsBeside, graphsNeededBy, graphsOf, graphsText } from "../study/rowGraphs.ts";
import { modelSystem } from "../system/modelSystem.ts";
import { withDefaults } from "../system/param.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import { labAround } from "../testing/fakeLab.ts";
import { purifierGraph } from "../testing/tinyLinks.ts";
import { memorySource, tinyPackage } from "../testing/tinyPackage.ts";
import type { PackageFiles } from "../testing/tinyPackage.ts";
import { defaultSpec } from "./defaultSpec.ts";
import { graphParts } from "./graphNeeds.ts";
import { runManifest } from "./manifest.ts";
import { openExperiment } from "./openExperiment.ts";
import { compareReplay, replayNumbers } from "./replay.ts";
import type { StageResults } from "./results.ts";
import { runExperiment } from "./run.ts";
import { decodeShareLink } from "./shareLink/decode.ts";
import { encodeShareLink } from "./shareLink/encode.ts";
import type { ExperimentSpec } from "./spec.ts";
import { validateSpec } from "./validateSpec.ts";

const MODELS = new URL("../../public/models/", import.meta.url);
const text = (path: string) => readFile(new URL(path, MODELS), "utf8");

const spec: ExperimentSpec = validateSpec({
  ...defaultSpec(),
  stack: [],
  certificate: { ...defaultSpec().certificate, enabled: false },
  defenses: [
    { id: "p", defense: "purifier", enabled: true, seed: 0, params: { sigma: 0.1 } },
    { id: "off", defense: "mapper", enabled: false, seed: 0, params: {} },
  ],
});

const NUMBERS = {
  answerClean: "no",
  answerDisturbed: "no",
  marginClean: 1,
  marginDisturbed: 1,
  featureCosine: 1,
  backend: "wasm",
  precision: "int8",
  modelSha256: "a".repeat(64) + "b".repeat(64),
} as const;

let files: PackageFiles;
let manifest: ModelManifest;

beforeAll(async () => {
  files = await tinyPackage(
    parseManifest(JSON.parse(await text("base/manifest.json"))),
    await text("base/tokenizer.json"),
  );
  manifest = parseManifest(JSON.parse(String(files["manifest.json"])));
});

/** A purifier of the tiny model; `change` alters one byte of a name in it, and nothing that it computes. */
function linkPackage(change = ""): LinkPackage {
  const graph = serializeModel({ ...purifierGraph(manifest.input.size), producerName: change });
  const sha256 = createHash("sha256").update(graph).digest("hex");
  const described: LinkManifest = {
    format: 1,
    id: LINK_PACKAGE,
    version: "1",
    name: "Tiny",
    task: "smoothness-booster",
    encoder: {
      package: "base",
      version: "1",
      files: manifest.files.map(({ role, sha256: of }) => ({ role, sha256: of })),
    },
    files: [{ path: "purifier.onnx", role: "purifier", bytes: graph.length, sha256 }],
    sigma: { low: 0, high: 0.5 },
  };
  return { manifest: described, graphs: new Map([["purifier", graph]]) };
}

async function run(links: LinkPackage) {
  const sessions = nodeSessions(1);
  const source = memorySource(files);
  const lab = new Lab({
    openModel: async (_id, precision) =>
      openModel(
        await readyPackage(await readPackage(source, precision), probeRunner(sessions)),
        sessions,
      ),
    openLinkPackage: async () => links,
    yieldToHost: async () => {},
  });
  const results: Partial<StageResults> = {};
  const keys: Record<string, string> = {};
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type !== "stage") continue;
    Object.assign(results, { [event.stage]: event.payload });
    keys[event.stage] = event.key;
  }
  const made = runManifest(
    spec,
    results,
    {
      lab: "0",
      commit: null,
      madeAt: "2026-01-01T00:00:00Z",
      machine: "this",
      backend: "native",
      runtime: "onnxruntime-node",
      precision: "int8",
      modelSha256: (await lab.model("base", "int8")).sha256,
    },
    manifest,
  );
  const { clean, readout, metrics } = results as StageResults;
  const numbers = replayNumbers({ clean, readout, metrics }, made.environment);
  return { keys, made, numbers };
}

test("another purifier is noticed by manifest, link, cache and rows, though it computes the same", async () => {
  const [one, other] = [linkPackage(), linkPackage("another")];
  const [first, second] = [await run(one), await run(other)];
  const hashes = [one, other].map((links) => links.manifest.files[0]!.sha256);
  expect(first.made.environment.graphs).toEqual([
    ...manifest.files.map(({ role, sha256 }) => ({
      model: "base",
      role,
      precision: "int8",
      sha256,
    })),
    { model: "base", role: "tokenizer", precision: null, sha256: manifest.tokenizer!.sha256 },
    { model: LINK_PACKAGE, role: "purifier", precision: null, sha256: hashes[0] },
  ]);
  const sentence = `The purifier of purifier is another: ${hashes[0]!.slice(0, 8)} there, ${hashes[1]!.slice(0, 8)} here.`;
  const saved = openExperiment(JSON.stringify(first.made)).expected!;
  const link = encodeShareLink({ spec, view: {}, expected: first.numbers });
  for (const expected of [saved, decodeShareLink(link).expected!]) {
    expect(compareReplay(expected, first.numbers)).toMatchObject({ differences: [] });
    expect(compareReplay(expected, second.numbers)).toEqual({
      status: "differs",
      differences: [sentence],
    });
  }
  // A manifest of before names no other graph, and is compared by its numbers.
  const { graphs: _named, ...environment } = first.made.environment;
  const old = openExperiment(JSON.stringify({ ...first.made, version: 1, environment })).expected!;
  expect(compareReplay(old, second.numbers)).toMatchObject({ status: "reproduced" });
  expect(second.keys["clean"]).not.toBe(first.keys["clean"]);
  expect(second.keys["input"]).toBe(first.keys["input"]);

  const keyWith = (links: LinkPackage, of = spec) =>
    rowKey(
      { index: 0, group: 0, caseId: "", known: {}, repeat: 0, levels: {}, draft: {}, spec: of },
      [],
      {
        ...nodeRowMaker("native"),
        graphsBeside: (asked) =>
          graphsBeside(asked, {
            manifest: async () => manifest,
            linkManifest: async () => links.manifest,
          }),
      },
    );
  expect(await keyWith(other)).not.toBe(await keyWith(one));
  const bare = { ...spec, defenses: [] };
  expect(await keyWith(other, bare)).toBe(await keyWith(one, bare));
});

test("a replay says which of the model's two graphs is another", async () => {
  const differences = (modelSha256: string) =>
    compareReplay(NUMBERS, { ...NUMBERS, modelSha256 }).differences;
  expect(differences("a".repeat(64) + "c".repeat(64))).toEqual([
    "The answer graph of the model is another: bbbbbbbb there, cccccccc here.",
  ]);
  expect(differences("c".repeat(64) + "b".repeat(64))).toEqual([
    "The vision graph of the model is another: aaaaaaaa there, cccccccc here.",
  ]);
  expect(differences("c".repeat(128))[0]).toContain("The model files are others");
});

test("a system's key names words and text encoder beside the graphs that look and answer", () => {
  const model = fakeModel();
  const key = (change: Partial<ModelManifest>) =>
    modelSystem("base", { ...model, manifest: { ...model.manifest, ...change } }, async () => {})
      .key;
  const words = (sha256: string) => ({
    tokenizer: {
      path: "tokenizer.json",
      sha256,
      specialTokens: { pad: 0, bos: 1, eos: 2, ans: 3, report: 4 },
    },
  });
  const textGraph = (sha256: string) => ({
    files: [
      ...model.manifest.files,
      { path: "t.onnx", role: "text" as const, precision: model.precision, bytes: 1, sha256 },
    ],
  });
  const keys = [
    key({}),
    key(words("1".repeat(64))),
    key(words("2".repeat(64))),
    key(textGraph("3".repeat(64))),
    key(textGraph("4".repeat(64))),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});

test.each(["vision", "answer", "tokenizer"] as const)(
  "another %s of the model changes the keys of system and row, and a replay names it",
  async (role) => {
    const changed: ModelManifest =
      role === "tokenizer"
        ? { ...manifest, tokenizer: { ...manifest.tokenizer!, sha256: "e".repeat(64) } }
        : {
            ...manifest,
            files: manifest.files.map((file) =>
              file.role === role ? { ...file, sha256: "e".repeat(64) } : file,
            ),
          };
    const bare = { ...spec, defenses: [] };
    const seen = async (described: ModelManifest) => {
      const shelf = { manifest: async () => described, linkManifest: async () => undefined };
      const sha256 = graphsSha256(described, "int8");
      const row = await rowKey(
        { index: 0, group: 0, caseId: "", known: {}, repeat: 0, levels: {}, draft: {}, spec: bare },
        [],
        {
          ...nodeRowMaker("native"),
          modelSha256: async () => sha256,
          graphsBeside: (asked) => graphsBeside(asked, shelf),
        },
      );
      const model = { ...fakeModel(), manifest: described, sha256 };
      const parts = await graphParts(graphsNeededBy(bare), shelf);
      const graphs = [...partsBeside(parts, sha256)];
      return {
        row,
        system: modelSystem("base", model, async () => {}).key,
        numbers: { ...NUMBERS, modelSha256: sha256, graphs },
      };
    };
    const [before, after] = [await seen(manifest), await seen(changed)];
    expect(after.row).not.toBe(before.row);
    expect(after.system).not.toBe(before.system);
    const { differences } = compareReplay(before.numbers, after.numbers);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toContain(role === "tokenizer" ? "The tokenizer of base" : role);
  },
);

/** With every model in it, so that a declaration that depends on a setting is seen. */
const allOn = (id: string) => {
  const { params } = DEFENSES[id]!;
  const given = withDefaults(params, {});
  const members = Object.entries(params).filter(
    ([, meta]) => meta.choiceNames?.[1] === "answers too",
  );
  return { ...given, ...Object.fromEntries(members.map(([name]) => [name, 1])) };
};

test.each(Object.keys(DEFENSES))(
  "%s opens the graphs that it declares, and no others",
  async (id) => {
    const system = modelSystem("base", fakeModel(), async () => {});
    const inner = {
      ...system,
      linked: async () => system,
      manifest: { ...system.manifest, id: "base" },
    };
    const params = allOn(id);
    const opened = { models: [] as string[], links: 0 };
    const host = {
      yieldToHost: async () => {},
      linkPackage: async () => {
        opened.links++;
        throw new LabError("model-not-found", "seen");
      },
      system: async (model: string, precision: string) => {
        opened.models.push(`${model} ${precision}`);
        return inner;
      },
    };
    await Promise.resolve(DEFENSES[id]!.defend(inner, { params, seed: 1, key: "k", host })).catch(
      (error: unknown) => expect(error).toBeInstanceOf(LabError),
    );
    const item = { id: "d", defense: id, enabled: true, seed: 1, params };
    const needed = graphsNeededBy({ ...spec, defenses: [item], instruments: [] });
    expect(needed.models.slice(1).map((model) => `${model.id} ${model.precision}`)).toEqual(
      opened.models,
    );
    expect(needed.links.length > 0).toBe(opened.links > 0);
  },
);

test("instruments and the certificate beside open the models that are named for them", async () => {
  for (const [instrument, params] of [
    ["transferMatrix", { steps: 5 }],
    ["attackDetectors", { phantoms: 4 }],
  ] as const) {
    const opened = new Set<string>();
    const around = labAround(fakeModel());
    const asked = {
      ...spec,
      defenses: [],
      instruments: [{ instrument, enabled: true, seed: 1, params }],
    };
    const context = {
      ...around,
      system: (id: string, precision: "int8") => {
        opened.add(`${id} ${precision}`);
        return around.system(id, precision);
      },
    };
    for await (const event of runExperiment(asked, "full", context)) void event;
    const needed = graphsNeededBy(asked).models.map(({ id, precision }) => `${id} ${precision}`);
    expect([instrument, [...opened].sort()]).toEqual([instrument, needed.sort()]);
  }
  const beside = { model: "noise", sigma: 0.25, l2: 0.1 } as const;
  const certified = { ...spec, certificate: { ...spec.certificate, enabled: true, beside } };
  expect(graphsNeededBy(certified).models[1]).toEqual({
    id: "noise",
    precision: "int8",
    withText: false,
    textDecides: false,
    measuresOnly: true,
  });
  // A link promises answers, which rest on none of these.
  const noise = {
    model: "noise",
    role: "vision",
    precision: "int8",
    sha256: "d".repeat(64),
  } as const;
  const expected = {
    ...NUMBERS,
    graphs: [{ ...noise, measuresOnly: true }],
  } as const;
  expect(encodeShareLink({ spec: certified, view: {}, expected })).toMatch(/^#p1\./);
  const answering = { ...NUMBERS, graphs: [noise] };
  expect(encodeShareLink({ spec: certified, view: {}, expected: answering })).toMatch(/^#p2\./);
  const zeroShot = { instrument: "zeroShot", enabled: true, seed: 1, params: {} };
  expect(graphsNeededBy({ ...spec, instruments: [zeroShot] }).models[0]!.withText).toBe(true);
});

test("a row's cell of graphs is read back as it was written", async () => {
  const parts = await graphsBeside(
    { ...spec, defenses: [{ id: "e", defense: "ensemble", enabled: true, seed: 0, params: {} }] },
    { manifest: async () => manifest, linkManifest: async () => undefined },
  );
  expect(parts.map(({ model, role }) => `${model} ${role}`)).toEqual([
    "base tokenizer",
    "noise vision",
    "noise answer",
    "noise tokenizer",
    "robust vision",
    "robust answer",
    "robust tokenizer",
  ]);
  expect(graphsOf(graphsText(parts))).toEqual(parts);
  expect(graphsOf("")).toEqual([]);
});
