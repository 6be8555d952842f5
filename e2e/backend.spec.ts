/** Where the model runs is the reader's choice: kept for this browser, said in the manifest, refused with a reason. */
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { openBench, settle } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

// Without WebGPU on every machine: webgpu.spec.ts is about browsers that have it.
test.use({
  launchOptions: {
    executablePath: process.env["PENUMBRA_CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-blink-features=WebGPU"],
  },
});

async function pickBackend(page: Page, choice: string): Promise<void> {
  await page.getByTestId("backend-chip").click();
  await page.getByRole("dialog").getByLabel("Backend").selectOption(choice);
  await page.keyboard.press("Escape");
}

test("a chosen backend is kept, honoured and part of the run manifest", async ({ page, site }) => {
  // The page loads three engines here.
  test.setTimeout(400_000);
  await openBench(page, site.url);
  const chip = page.getByTestId("backend-chip");
  await chip.click();
  const menu = page.getByRole("dialog");
  await expect(menu.getByLabel("Backend")).toHaveValue("auto");
  // The choice is shown, and why it can't be made.
  await expect(menu.getByRole("option", { name: "WebGPU" })).toBeDisabled();
  await expect(menu).toContainText(/WebGPU can’t be chosen: This browser .*WebGPU/);
  await page.keyboard.press("Escape");

  await pickBackend(page, "WASM");
  await expect(page.getByTestId("answer-clean")).not.toHaveText("…", { timeout: 60_000 });
  await expect(chip).toContainText("WASM");
  await chip.click();
  await expect(menu).toContainText("WASM was asked for.");
  await page.keyboard.press("Escape");

  await openBench(page, site.url);
  await settle(page);
  await chip.click();
  await expect(menu.getByLabel("Backend")).toHaveValue("wasm");
  await expect(menu).toContainText("WASM was asked for.");
  await menu.getByRole("button", { name: "What each form of the weights changes" }).click();
  await expect(page.getByRole("dialog", { name: "Agreement of backends" })).toBeVisible();
  await expect(menu).toHaveCount(1);
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Share" }).click();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save run manifest (JSON)" }).click();
  const manifest = JSON.parse(await readFile(await (await saving).path(), "utf8")) as object;
  expect(manifest).toMatchObject({
    environment: { backend: "wasm", choice: { asked: "wasm", reason: "WASM was asked for." } },
  });
});
