/** A reader's own encoder: proposed, corrected, saved, used, and opened again with its manifest. */
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { tinyEncoderFile } from "../src/testing/tinyEncoder.ts";
import { figure, openBench, settle, shareLink } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

const GRAPH = {
  name: "tiny-vit.onnx",
  mimeType: "application/octet-stream",
  buffer: Buffer.from(tinyEncoderFile()),
};

async function pick(page: Page, files: readonly (typeof GRAPH)[]): Promise<void> {
  await page.getByLabel("Open an ONNX model", { exact: true }).setInputFiles([...files]);
}

test("an ONNX encoder is described, corrected, saved and used", async ({ page, site }) => {
  await openBench(page, site.url);
  await pick(page, [GRAPH]);
  const dialog = page.getByRole("dialog", { name: "Your model" });
  await expect(dialog.getByTestId("model-attention")).toContainText("1 layer, 2 heads", {
    timeout: 30_000,
  });
  await expect(dialog.getByTestId("model-gradient")).toContainText("has a gradient");
  await expect(dialog.getByLabel(/side in pixels/)).toHaveValue("32");
  await expect(dialog.getByLabel("Embedding")).toHaveValue("pooled");

  await dialog.getByLabel("Normalisation").selectOption("half (SigLIP, ViT, BEiT)");
  await expect(dialog.getByLabel("Mean")).toHaveValue("0.5, 0.5, 0.5");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Save manifest" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("tiny-vit.manifest.json");
  const saved = await readFile(await download.path());
  expect(JSON.parse(saved.toString())).toMatchObject({
    task: "encoder",
    input: { name: "pixel_values", mean: [0.5, 0.5, 0.5] },
  });

  await dialog.getByRole("button", { name: "Use this model" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByTestId("no-answer")).toBeVisible({ timeout: 60_000 });
  await settle(page);
  expect(await figure(page, "Feature cosine")).toBeLessThan(1);
  await expect(page.getByLabel("Attention overlay")).toContainText("Encoder layer 1");
  // Without a text side an attack has the features to move and no answer.
  const goal = page.getByRole("combobox", { name: /goal/ });
  await expect(goal).toHaveValue("featureAway");
  await expect(goal.getByRole("option", { name: /any other|say/ })).toHaveCount(0);
  await expect(page.getByRole("combobox", { name: "Model" }).locator("option:checked")).toHaveText(
    "tiny-vit",
  );

  // Back to a bundled model: it answers again.
  await page.getByRole("combobox", { name: "Model" }).selectOption("base");
  await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/, { timeout: 60_000 });
  await settle(page);

  // The saved manifest dropped beside the graph is what is shown.
  await pick(page, [
    GRAPH,
    { name: "tiny-vit.manifest.json", mimeType: "application/json", buffer: saved },
  ]);
  await expect(dialog.getByLabel("Mean")).toHaveValue("0.5, 0.5, 0.5", { timeout: 30_000 });
});

test("an ONNX file that is none gets one sentence", async ({ page, site }) => {
  await openBench(page, site.url);
  await pick(page, [{ ...GRAPH, buffer: GRAPH.buffer.subarray(0, 900) }]);
  const dialog = page.getByRole("dialog", { name: "Your model" });
  await expect(dialog.getByRole("alert")).toContainText(/damaged or cut off|not a readable/, {
    timeout: 30_000,
  });
  await dialog.getByRole("button", { name: "Close" }).click();
  await settle(page);
  await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/);
});

test("a link to a reader's own model waits for it, and replays when it is opened", async ({
  page,
  site,
}) => {
  const dialog = page.getByRole("dialog", { name: "Your model" });
  await openBench(page, site.url);
  await pick(page, [GRAPH]);
  await dialog.getByRole("button", { name: "Use this model" }).click();
  await expect(page.getByTestId("no-answer")).toBeVisible({ timeout: 60_000 });
  await settle(page);
  const sent = await figure(page, "Feature cosine");
  const link = await shareLink(page);
  await expect(page.getByText("needs the same ONNX file")).toBeVisible();

  const other = await page.context().newPage();
  await other.goto(link);
  await expect(other.getByTestId("awaited-model")).toBeVisible();
  await expect(other.getByText("it replays when its model is opened")).toBeVisible();
  await expect(other.getByRole("alert")).toHaveCount(0);
  const otherDialog = other.getByRole("dialog", { name: "Your model" });
  // Fed otherwise it is another model, and the link goes on waiting.
  await other.getByLabel("Open the awaited model").setInputFiles([GRAPH]);
  await otherDialog.getByLabel("Normalisation").selectOption("half (SigLIP, ViT, BEiT)");
  await otherDialog.getByRole("button", { name: "Use this model" }).click();
  await expect(other.getByRole("alert")).toContainText("another model");
  await other.getByLabel("Open the awaited model").setInputFiles([GRAPH]);
  await otherDialog.getByRole("button", { name: "Use this model" }).click();
  await settle(other);
  await expect(other.getByText("Reproduced.")).toBeVisible();
  expect(await figure(other, "Feature cosine")).toBe(sent);
});
