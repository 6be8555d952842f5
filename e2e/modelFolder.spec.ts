/** A reader's model folder: dropped as it lies on disk, and two models that must not speak for each other. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import { serializeModel } from "../src/onnx/file.ts";
import { tinyClassifier } from "../src/testing/tinyClassifier.ts";
import { tinyEncoderFile } from "../src/testing/tinyEncoder.ts";
import { openBench, settle } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

const PROCESSOR = {
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.25, 0.25, 0.25],
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { height: 32, width: 32 },
};

async function folderOf(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

/** What a hand does with a folder from the desktop; only the browser's own protocol can do it. */
async function drop(page: Page, target: string): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [target], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await client.send("Input.dispatchDragEvent", { type, x: 600, y: 400, data });
  }
}

test("a dropped Hugging Face folder opens its vision encoder as its preprocessor says", async ({
  page,
  site,
}, info) => {
  const folder = await folderOf(info.outputPath("clip"), {
    "config.json": JSON.stringify({ model_type: "clip" }),
    "preprocessor_config.json": JSON.stringify(PROCESSOR),
    "tokenizer.json": "{}",
    "model.safetensors": "weights of another framework",
    "onnx/text_model.onnx": "not read",
    "onnx/vision_model.onnx": tinyEncoderFile(),
  });
  await openBench(page, site.url);
  await drop(page, folder);
  const dialog = page.getByRole("dialog", { name: "Your model" });
  await expect(dialog.getByTestId("model-choice")).toContainText(
    "vision_model.onnx looks like the image encoder",
  );
  await expect(dialog.getByLabel("Mean")).toHaveValue("0.5, 0.5, 0.5", { timeout: 30_000 });
  await expect(dialog.getByLabel("Standard deviation")).toHaveValue("0.25, 0.25, 0.25");
  await expect(dialog.getByLabel("A film that is not square")).toHaveValue("area-stretch");
  await expect(dialog).toContainText("as preprocessor_config.json says");
  await expect(dialog).toContainText("text_model.onnx: not opened");
  await dialog.getByRole("button", { name: "Use this model" }).click();
  await expect(page.getByTestId("no-answer")).toBeVisible({ timeout: 60_000 });
});

test("a folder without a graph gets one sentence, in the lab's own words", async ({
  page,
  site,
}, info) => {
  const folder = await folderOf(info.outputPath("tokens"), {
    "config.json": "{}",
    "tokenizer.json": "{}",
  });
  await openBench(page, site.url);
  await drop(page, folder);
  await expect(page.getByRole("alert")).toContainText(
    "config.json, tokenizer.json describe a model and hold no graph.",
  );
});

test("what was checked of one model is never shown of another", async ({ page, site }, info) => {
  await openBench(page, site.url);
  const chip = page.getByTestId("backend-chip");
  const dialog = page.getByRole("dialog", { name: "Your model" });
  const encoder = await folderOf(info.outputPath("vit"), { "vit.onnx": tinyEncoderFile() });
  await page.getByLabel("Open a model folder", { exact: true }).setInputFiles(encoder);
  await dialog.getByRole("button", { name: "Use this model" }).click({ timeout: 30_000 });
  await expect(page.getByTestId("no-answer")).toContainText("its attention", { timeout: 60_000 });
  const details = page.getByRole("dialog").filter({ hasText: "Gradient self-check" });
  await chip.click();
  await expect(details).toContainText(/agrees: \d+ central differences/, { timeout: 60_000 });
  const checked = /largest relative error [\d.e+-]+/.exec((await details.textContent())!)![0];
  await page.keyboard.press("Escape");

  const folder = await folderOf(info.outputPath("net"), {
    "config.json": JSON.stringify({
      id2label: { 0: "Atelectasis", 1: "Cardiomegaly", 2: "Effusion" },
    }),
    "net.onnx": serializeModel(tinyClassifier()),
  });
  await page.getByLabel("Open a model folder", { exact: true }).setInputFiles(folder);
  await expect(dialog).toContainText("class scores, 3 of them: Atelectasis", { timeout: 30_000 });
  await page.screenshot({ path: info.outputPath("classifier-dialog.png") });
  await dialog.getByRole("button", { name: "Use this model" }).click();
  await expect(dialog).toBeHidden();
  // From the moment another model is asked nothing is said of the one before.
  await chip.click();
  await expect(page.getByRole("dialog")).not.toContainText(checked);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("no-answer")).toContainText("class scores", { timeout: 60_000 });
  await settle(page);
  await expect(page.getByLabel("Attention overlay")).toContainText("No attention in this model");
  await expect(page.locator("[data-pane=clean]")).not.toContainText("rollout");
  await page.screenshot({ path: info.outputPath("classifier.png") });
});
