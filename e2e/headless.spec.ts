/** The page and the headless lab run the same experiment to the same numbers, gradients or none. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "./fixtures.ts";
import { figure, openBench, pageManifest, setSlider, settle, slider } from "./steps.ts";
import type { Manifest } from "./steps.ts";

const ROOT = path.join(import.meta.dirname, "..");

/** `lab run` on the manifest's own experiment, without its certificate: the other stages don't read it. */
function headless({ spec }: Manifest, backend: string): Manifest {
  const certificate = { ...spec.certificate, enabled: false };
  const lab = spawnSync(
    path.join(ROOT, "node_modules/.bin/node"),
    ["--no-warnings", "src/cli/lab.ts", "run", "-", "--backend", backend],
    { cwd: ROOT, encoding: "utf8", input: JSON.stringify({ ...spec, certificate }) },
  );
  expect(lab.stderr).toBe("");
  return JSON.parse(lab.stdout) as Manifest;
}

function expectSameNumbers(page: Manifest, lab: Manifest): void {
  const numbers = ({ results }: Manifest) => ({
    margins: [results.clean!.answer!.margin, results.readout!.answer!.margin],
    cosine: results.metrics!.featureCosine,
    l2: results.metrics!.l2,
    trace: results.disturbed!.items.flatMap(({ trace }) => trace?.bestLoss ?? []),
  });
  const [a, b] = [numbers(page), numbers(lab)];
  a.margins.forEach((margin, k) => expect(b.margins[k]).toBeCloseTo(margin, 5));
  expect(b.cosine).toBeCloseTo(a.cosine, 6);
  expect(b.l2).toBeCloseTo(a.l2, 6);
  expect(b.trace).toHaveLength(a.trace.length);
  a.trace.forEach((loss, k) => expect(b.trace[k]).toBeCloseTo(loss, 5));
}

test("lab run --backend wasm computes what the page shows, to the last digits", async ({
  page,
  site,
}) => {
  // Two runs of the lab beside the page's own.
  test.slow();
  await openBench(page, site.url);
  await settle(page);
  const attacked = await pageManifest(page);
  expect(attacked.environment.backend).toBe("wasm");
  const repeated = headless(attacked, "wasm");
  expect(repeated.environment).toMatchObject({ backend: "wasm" });
  expect(repeated.environment.runtime).toMatch(/^onnxruntime-web \d/);
  expect(repeated.environment.modelSha256).toBe(attacked.environment.modelSha256);
  expectSameNumbers(attacked, repeated);

  // A black-box attack through the page's own door.
  // The tools of an item lie under its numbers until it is hovered or focused.
  await page.getByRole("button", { name: "PGD: remove" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Add a disturbance" }).click();
  await page.getByRole("menuitem", { name: /^Square/ }).click();
  const queries = slider(page, "Square: Queries");
  await expect(queries).toHaveAttribute("max", "5000");
  await expect(slider(page, "Square: Steps")).toHaveCount(0);
  await setSlider(queries, 25);
  await settle(page);
  const asked = await pageManifest(page);
  const trace = asked.results.disturbed!.items.at(-1)!.trace!;
  expect(trace).toMatchObject({ access: "query", queries: 26, gradientPasses: 0 });
  expect(asked.results.gradientCheck).toBeUndefined();
  // The trace is of pictures that exist: its best is the margin on screen.
  const { clean, readout } = asked.results;
  const sign = clean!.answer!.answer === "yes" ? -1 : 1;
  expect(trace.bestLoss.at(-1)).toBeCloseTo(sign * readout!.answer!.margin, 5);
  expectSameNumbers(asked, headless(asked, "wasm"));

  // Kept to the findings, it leaves the rest of the picture alone: fewer pixels than the effusion has.
  const all = await figure(page, "Pixels changed");
  await page.getByRole("switch", { name: "Quantum noise (dose): on" }).press("Space");
  await page.getByRole("group", { name: "Square" }).getByText("More").click();
  await page.getByLabel("Square: where").selectOption("findings");
  await settle(page);
  expect(await figure(page, "Pixels changed")).toBeLessThan(all / 2);
  const kept = await pageManifest(page);
  expect(kept.spec.stack.at(-1)).toMatchObject({ attack: "square", region: "findings" });
  expectSameNumbers(kept, headless(kept, "wasm"));
});
