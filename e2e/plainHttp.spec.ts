/**
 * A classroom: the page over plain http from another machine's name. Such a page is no secure context: no Web Crypto, no
 * cache storage, no clipboard, no service worker, one thread.
 */
import { tinyEncoderFile } from "../src/testing/tinyEncoder.ts";
import { chestDicom } from "./chestFiles.ts";
import { figure, openBench, openFile, passGate, settle, shareLink } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

const NAME = "lab.example";

test.use({
  launchOptions: {
    executablePath: process.env["PENUMBRA_CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", `--host-resolver-rules=MAP ${NAME} 127.0.0.1`],
  },
});

test("the lab answers, opens films and models, and shares", async ({ page, site }) => {
  await openBench(page, `http://${NAME}:${site.room.port}/`);
  expect(
    await page.evaluate(() => [isSecureContext, "subtle" in crypto, "caches" in globalThis]),
  ).toEqual([false, false, false]);
  await settle(page);
  await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/);
  expect(await figure(page, "Feature cosine")).toBeLessThan(1);

  const chip = page.getByTestId("backend-chip");
  await expect(chip).toContainText("WASM x1");
  await chip.click();
  await expect(page.getByText("plain http gives a page one thread")).toBeVisible();
  await expect(page.getByText("Over plain http a browser keeps nothing")).toBeVisible();
  await page.keyboard.press("Escape");

  await openFile(page, "study.dcm", chestDicom());
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  await settle(page);
  await passGate(page);

  const link = await shareLink(page);
  expect(link.startsWith(`http://${NAME}:${site.room.port}/#p1.`)).toBe(true);
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  await page.keyboard.press("Escape");
  // What was copied is what was shown: pasted where text goes.
  await page.evaluate(() => {
    const field = document.createElement("textarea");
    field.setAttribute("aria-label", "Paste here");
    document.body.append(field);
  });
  const field = page.getByLabel("Paste here");
  await field.press("Control+V");
  await expect(field).toHaveValue(link);
  await field.evaluate((element) => element.remove());

  await page.getByLabel("Open an ONNX model", { exact: true }).setInputFiles({
    name: "tiny-vit.onnx",
    mimeType: "application/octet-stream",
    buffer: Buffer.from(tinyEncoderFile()),
  });
  const dialog = page.getByRole("dialog", { name: "Your model" });
  await dialog.getByRole("button", { name: "Use this model" }).click({ timeout: 60_000 });
  await expect(page.getByTestId("no-answer")).toBeVisible({ timeout: 60_000 });

  await page.getByRole("combobox", { name: "Model", exact: true }).selectOption("robust");
  await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/, { timeout: 60_000 });
});
