/** A reader's own vision-language model, dropped as a folder: it answers, is attacked, and a broken one costs nothing. */
import { spawnSync } from "node:child_process";
import { cp, truncate } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import { vlmFolder } from "../src/testing/vlmFolders.ts";
import { openBench, pageManifest, settle } from "./steps.ts";
import type { Manifest } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

const ROOT = path.join(import.meta.dirname, "..");

async function drop(page: Page, target: string): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [target], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await client.send("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
  }
}

test("a dropped LLaVA answers as lab run does, is attacked, and stays when a broken one is dropped", async ({
  page,
  site,
}, info) => {
  await openBench(page, site.url);
  const good = vlmFolder("llava");
  await drop(page, good);
  const dialog = page.getByRole("dialog", { name: "Your model" });
  const chain = dialog.getByRole("list", { name: "The model’s graphs" });
  await expect(chain.getByRole("listitem")).toHaveCount(3, { timeout: 60_000 });
  await expect(chain).toContainText("Vision encoder and connector");
  await expect(dialog.getByTestId("folder-gradient")).toContainText("has a gradient");
  await page.screenshot({ path: info.outputPath("llava-dialog.png") });
  await dialog.getByRole("button", { name: "Use this model" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByTestId("answer-clean")).toHaveText(/yes|no/i, { timeout: 60_000 });
  await settle(page);
  await page.screenshot({ path: info.outputPath("llava.png") });
  const run = await pageManifest(page);
  const { clean, readout, disturbed } = run.results;
  expect(run.spec.model.id).toMatch(/^own-/);
  // The opening case is attacked: the answer of the random weights turns or its margin moves.
  expect(readout!.answer!.margin).not.toBeCloseTo(clean!.answer!.margin, 4);

  const certificate = { ...run.spec.certificate, enabled: false };
  const lab = spawnSync(
    path.join(ROOT, "node_modules/.bin/node"),
    ["--no-warnings", "src/cli/lab.ts", "run", "-", "--backend", "wasm", "--model", good],
    { cwd: ROOT, encoding: "utf8", input: JSON.stringify({ ...run.spec, certificate }) },
  );
  expect(lab.stderr).toBe("");
  const headless = (JSON.parse(lab.stdout) as Manifest).results;
  expect(headless.clean!.answer).toEqual(clean!.answer);
  expect(headless.readout!.answer!.margin).toBeCloseTo(readout!.answer!.margin, 5);
  expect(disturbed!.items.length).toBeGreaterThan(0);

  const broken = info.outputPath("broken");
  await cp(good, broken, { recursive: true });
  await truncate(path.join(broken, "onnx/decoder_model_merged.onnx"), 4000);
  await drop(page, broken);
  await expect(dialog.getByRole("alert")).toContainText("decoder_model_merged.onnx", {
    timeout: 60_000,
  });
  await page.keyboard.press("Escape");
  await expect(page.getByLabel("Model", { exact: true })).toHaveValue(run.spec.model.id);
  await expect(page.getByTestId("answer-clean")).toHaveText(/yes|no/i);
});
