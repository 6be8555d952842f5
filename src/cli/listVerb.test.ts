import { expect, test } from "vitest";
import { ATTACKS } from "../attacks/registry.ts";
import { INSTRUMENTS } from "../experiment/instruments/registry.ts";
import { DEFENSE_CATALOG } from "../defenses/catalog.ts";
import { LESSON_IDS } from "../lesson/catalog.ts";
import { PERTURBATIONS } from "../perturbations/registry.ts";
import { goalSchema } from "../experiment/stackSchema.ts";
import { helpText } from "./help.ts";
import { listVerb } from "./listVerb.ts";
import { UsageError } from "./usageError.ts";

async function list(...names: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  let printed = "";
  await listVerb(names, (value) => {
    printed = JSON.stringify(value);
  });
  return JSON.parse(printed) as Readonly<Record<string, unknown>>;
}

const ids = (entries: unknown): string[] => (entries as { id: string }[]).map(({ id }) => id);

test("list prints the registries that the page reads", async () => {
  const all = await list();
  expect(ids(all["attacks"])).toEqual(Object.keys(ATTACKS));
  expect(ids(all["perturbations"])).toEqual(Object.keys(PERTURBATIONS));
  expect(ids(all["instruments"])).toEqual(Object.keys(INSTRUMENTS));
  expect(ids(all["defenses"])).toEqual(Object.keys(DEFENSE_CATALOG));
  expect(Object.keys(all["goals"] as object)).toEqual(
    goalSchema.options.map((option) => [...option.shape.kind.values][0]),
  );
  for (const name of Object.keys(all))
    expect(helpText(), name).toMatch(new RegExp(`[[|]${name}[|\\]]`));
  expect(all["models"]).toContainEqual(
    expect.objectContaining({ id: "base", precisions: expect.arrayContaining(["int8", "int4"]) }),
  );
  expect(ids(all["lessons"])).toEqual([...LESSON_IDS]);
  expect(all["lessons"]).toContainEqual(expect.objectContaining({ link: "#lesson=fgsm" }));
  expect(all["questions"]).toContainEqual(
    expect.objectContaining({ text: "Is there a pleural effusion?" }),
  );
});

test("every parameter comes with its range, unit, default and help", async () => {
  const { perturbations, attacks, defenses, instruments, certificate, window } = await list();
  const tables = [
    ...(perturbations as { params: Record<string, unknown> }[]).map(({ params }) => params),
    ...(attacks as { params: Record<string, unknown> }[]).map(({ params }) => params),
    ...(instruments as { params: Record<string, unknown> }[]).map(({ params }) => params),
    ...(defenses as { params: Record<string, unknown> }[]).map(({ params }) => params),
    certificate,
    window,
  ] as Record<string, unknown>[];
  for (const params of tables) {
    for (const [name, meta] of Object.entries(params)) {
      expect(meta, name).toMatchObject({
        min: expect.any(Number),
        max: expect.any(Number),
        default: expect.any(Number),
        unit: expect.any(String),
        help: expect.stringMatching(/\w+/),
      });
    }
  }
});

test("some lists alone, in the order asked; others are refused by name", async () => {
  expect(Object.keys(await list("window", "limits"))).toEqual(["window", "limits"]);
  await expect(list("spells")).rejects.toThrow(UsageError);
  await expect(list("spells")).rejects.toThrow(/no list "spells": use models/);
});
