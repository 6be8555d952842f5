import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import type { SystemsComparison } from "../experiment/compareSystems.ts";
import { defaultSpec } from "../experiment/defaultSpec.ts";

const FOLDER = mkdtempSync(path.join(tmpdir(), "lab-compare-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const { certificate, stack, ...rest } = defaultSpec();
const SPEC = path.join(FOLDER, "spec.json");
writeFileSync(
  SPEC,
  JSON.stringify({
    ...rest,
    certificate: { ...certificate, enabled: false },
    relevance: { enabled: false },
    stack: stack.filter(({ type }) => type === "perturbation"),
  }),
);

/** What follows "--" is compared in the place of the shared experiment. */
function compare(...args: string[]) {
  const cut = args.indexOf("--");
  const [options, spec] = cut < 0 ? [args, SPEC] : [args.slice(0, cut), args[cut + 1]!];
  const entry = ["--no-warnings", path.join(import.meta.dirname, "lab.ts"), "compare", spec];
  return spawnSync(process.execPath, [...entry, ...options], { encoding: "utf8" });
}

test("a second model and a defense on the same case, each with its own numbers", () => {
  const { status, stdout, stderr } = compare("--model", "robust", "--defenses", "medianFilter");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { a, b, rows, maps, statement } = JSON.parse(stdout) as SystemsComparison & {
    readonly a: { readonly model: object };
    readonly b: { readonly model: object; readonly defenses: readonly { defense: string }[] };
  };
  expect(a.model).toEqual({ id: "base", precision: "int8" });
  expect(b.model).toEqual({ id: "robust", precision: "int8" });
  expect(b.defenses.map(({ defense }) => defense)).toEqual(["medianFilter"]);
  const margins = rows.find(({ quantity }) => quantity === "clean answer, margin")!;
  expect(margins.a).not.toBe(margins.b);
  // Noise is the same on both: only what lies before the model differs.
  const change = rows.find(({ quantity }) => quantity === "l2 of the change")!;
  expect(change.a).toBe(change.b);
  expect(maps).toHaveLength(2);
  expect(maps.every(({ jsd }) => jsd !== null && jsd > 0 && jsd < 1)).toBe(true);
  expect(statement).toMatch(/^They (part on|say the same)/);
});

test("a reader's own model, shown the picture that was made for the bench's, and the other way round", () => {
  const attacked = path.join(FOLDER, "attacked.json");
  const [, pgd] = stack;
  const spec = JSON.parse(readFileSync(SPEC, "utf8")) as object;
  writeFileSync(attacked, JSON.stringify({ ...spec, stack: [{ ...pgd, steps: 3 }] }));
  const own = path.join(import.meta.dirname, "../../models/golden/vlm/llava");
  const { status, stdout, stderr } = compare("--model", own, "--", attacked);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { b, rows, statement } = JSON.parse(stdout) as SystemsComparison & {
    readonly b: { readonly model: { readonly id: string } };
  };
  expect(b.model.id).toMatch(/^own-/);
  expect(statement).toMatch(/The picture made for the first (turns|does not turn) the second’s/);
  const margin = rows.find(({ quantity }) => quantity.endsWith("other’s picture, margin"))!;
  expect(Number.isFinite(margin.a) && Number.isFinite(margin.b)).toBe(true);
});

test.each([
  [[], "Both systems are the same"],
  [["--defenses", "sky"], 'no defense "sky"'],
  [["--model", "nobody"], 'no model "nobody"'],
  [["--precision", "int7"], "precision"],
])("%j is refused in a sentence", (options, words) => {
  const { status, stderr } = compare(...options);
  expect(status).toBeGreaterThan(0);
  expect(stderr).toContain(words);
});
