import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { defaultSpec } from "../experiment/defaultSpec.ts";
import type { CertificateResult } from "../experiment/results.ts";
import { BUNDLED_MODELS, BUNDLED_PRECISIONS } from "../model/catalog.ts";
import { parseManifest } from "../model/manifest.ts";
import { fakeModel } from "../testing/fakeModel.ts";
import type { FakeModel } from "../testing/fakeModel.ts";
import { Lab } from "./lab.ts";
import type { RunOptions } from "./lab.ts";

it("keeps the three models used last open and frees the one before", async () => {
  const opened: Record<string, FakeModel[]> = {};
  const lab = new Lab({
    yieldToHost: async () => {},
    openModel: async (id) => {
      const model = fakeModel();
      (opened[id] ??= []).push(model);
      return model;
    },
  });
  for (const id of ["noise", "base", "robust", "base", "robust", "noise", "base"]) {
    await lab.model(id, "int8");
  }
  expect(opened["base"]).toHaveLength(1);
  expect(opened["noise"]).toHaveLength(1);
  expect(opened["robust"]).toHaveLength(1);
  await lab.model("own", "fp32");
  expect(opened["robust"]![0]!.calls.release).toBe(1);
  expect(opened["base"]![0]!.calls.release).toBe(0);
  const again = await lab.model("robust", "int8");
  expect(again).toBe(opened["robust"]![1]);
  expect(opened["noise"]![0]!.calls.release).toBe(1);
  expect(opened["base"]![0]!.calls.release).toBe(0);
});

it("keeps every model of an ensemble open while they answer", async () => {
  const lab = new Lab({
    yieldToHost: async () => {},
    openModel: async () => {
      const model = fakeModel();
      const { encode } = model;
      return {
        ...model,
        encode: async (image) => {
          if (model.calls.release > 0) throw new Error("asked after its release");
          return encode(image);
        },
      };
    },
  });
  const params = { others: 0.67, base: 1, noise: 1, robust: 1 };
  const item = { id: "e", defense: "ensemble", enabled: true, seed: 1, params };
  const { certificate, ...opening } = defaultSpec();
  const spec = {
    ...opening,
    stack: [],
    defenses: [item],
    certificate: { ...certificate, enabled: false },
  };
  let looks = 0;
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage" && event.stage === "clean")
      looks = event.payload.answer!.agreement!.looks;
  }
  // The fake's own id is none of the lab's: all three answer beside it.
  expect(looks).toBe(4);
});

it("goes on with a certificate whose model was freed and opened again", async () => {
  const models: FakeModel[] = [];
  const lab = new Lab({
    yieldToHost: async () => {},
    openModel: async () => {
      const model = fakeModel();
      const { embed } = model;
      models.push({
        ...model,
        embed: async (images) => {
          if (model.calls.release > 0) throw new Error("asked after its release");
          return embed(images);
        },
      });
      return models.at(-1)!;
    },
  });
  const { certificate: whole, ...opening } = defaultSpec();
  const { beside: _, ...certificate } = whole;
  const spec = { ...opening, stack: [], certificate: { ...certificate, maxSamples: 40 } };
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage" && event.stage === "certificate") break;
  }
  await lab.model("robust", "int8");
  await lab.model("noise", "int8");
  await lab.model("own", "fp32");
  expect(models[0]!.calls.release).toBe(1);
  let drawn = 0;
  for await (const event of lab.run(spec, "full", { aborted: false })) {
    if (event.type === "stage" && event.stage === "certificate") drawn = event.payload.n;
  }
  expect(drawn).toBe(40);
  expect(models[4]!.calls.encode).toBeGreaterThan(0);
});

it("looks without maps, and tells only the end, where nobody watches", async () => {
  const looks: { maps: boolean }[] = [];
  const lab = new Lab({
    yieldToHost: async () => {},
    openModel: async () => {
      const model = fakeModel();
      return {
        ...model,
        encode: async (image, look) => {
          looks.push(look!);
          return model.encode(image);
        },
      };
    },
  });
  const { certificate: whole, ...opening } = defaultSpec();
  const { beside: _, ...certificate } = whole;
  const spec = { ...opening, stack: [], certificate: { ...certificate, maxSamples: 40 } };
  const told = async (options: RunOptions) => {
    const found: CertificateResult[] = [];
    for await (const event of lab.run(spec, "full", { aborted: false }, options)) {
      if (event.type === "stage" && event.stage === "certificate") found.push(event.payload);
    }
    return found;
  };
  const quiet = await told({ look: { maps: false }, isWatched: false });
  const watched = await told({});
  expect(quiet).toHaveLength(1);
  expect(watched.length).toBeGreaterThan(3);
  expect(watched.at(-1)).toEqual(quiet[0]);
  // The clean picture of the watched run alone; noisy copies are looked at for their tokens.
  expect(looks[0]).toEqual({ maps: false });
  expect(looks.filter(({ maps }) => maps)).toHaveLength(1);
});

it("has the offered weights in every bundled package", async () => {
  for (const { id } of BUNDLED_MODELS) {
    const file = new URL(`../../public/models/${id}/manifest.json`, import.meta.url);
    const { files } = parseManifest(JSON.parse(await readFile(file, "utf8")));
    for (const precision of BUNDLED_PRECISIONS) {
      const roles = files.filter((each) => each.precision === precision).map(({ role }) => role);
      expect(roles).toEqual(expect.arrayContaining(["vision", "answer"]));
    }
  }
});

it("tries again to open a model that failed", async () => {
  let attempts = 0;
  const lab = new Lab({
    yieldToHost: async () => {},
    openModel: async () => {
      if (++attempts === 1) throw new Error("the connection broke");
      return fakeModel();
    },
  });
  await expect(lab.model("base", "int8")).rejects.toThrow("broke");
  await expect(lab.model("base", "int8")).resolves.toBeDefined();
});
