import { expect, it } from "vitest";
import { fakeModel } from "../testing/fakeModel.ts";
import type { FakeModel } from "../testing/fakeModel.ts";
import { Lab } from "./lab.ts";

it("keeps the two models used last open and frees the one before", async () => {
  const opened: Record<string, FakeModel[]> = {};
  const lab = new Lab({
    yieldToHost: async () => {},
    openModel: async (id) => {
      const model = fakeModel();
      (opened[id] ??= []).push(model);
      return model;
    },
  });
  for (const id of ["base", "robust", "base", "robust", "base"]) await lab.model(id, "int8");
  expect(opened["base"]).toHaveLength(1);
  expect(opened["robust"]).toHaveLength(1);
  await lab.model("own", "fp32");
  expect(opened["robust"]![0]!.calls.release).toBe(1);
  expect(opened["base"]![0]!.calls.release).toBe(0);
  const again = await lab.model("robust", "int8");
  expect(again).toBe(opened["robust"]![1]);
  expect(opened["base"]![0]!.calls.release).toBe(1);
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
