/** Films of an archive behind the page's server: found by a name, opened as a list, and named nowhere else. */
import path from "node:path";
import { serve } from "../scripts/serve.mjs";
import { chestDicom, wideDicom } from "./chestFiles.ts";
import { openTinyArchive } from "./tinyArchive.ts";
import { openBench } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("a study of the archive is searched and opened as a worklist", async ({ page }) => {
  const archive = await openTinyArchive([
    {
      uid: "1.2.3",
      patient: "CANARY^ANNA",
      date: "20240518",
      series: [
        { modality: "SR", films: [new Uint8Array(4)] },
        { modality: "CR", films: [chestDicom(), wideDicom()] },
      ],
    },
    {
      uid: "1.2.4",
      patient: "OTHER^BOB",
      date: "20230101",
      series: [{ modality: "DX", films: [chestDicom()] }],
    },
  ]);
  const root = path.join(import.meta.dirname, "../dist");
  const site = await serve({ root, port: 4660, dicomweb: archive.url });
  await openBench(page, site.url);
  await page.getByRole("button", { name: /^More/ }).click();
  await page.getByRole("menuitem", { name: "Open from an archive" }).click();
  const dialog = page.getByRole("dialog", { name: "Open from an archive" });
  await dialog.getByRole("button", { name: "Search" }).click();
  await expect(dialog.getByRole("row")).toHaveCount(3);
  await dialog.getByLabel("Patient's name").fill("anna");
  await dialog.getByRole("button", { name: "Search" }).click();
  await expect(dialog.getByText("1 study fits.")).toBeVisible();
  await expect(dialog.getByRole("row").last()).toContainText("2024-05-18");
  await dialog.getByRole("button", { name: /^Open the films of CANARY, ANNA/ }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("list", { name: "Worklist" }).getByRole("listitem")).toHaveCount(2);
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  // In the order of the pictures, and as they are stored.
  await expect(page.getByText("256 x 256, 12 bit")).toBeVisible();
  expect(archive.accepted).toHaveLength(2);
  expect(archive.accepted[0]).toContain("transfer-syntax=*");
  await expect(page.locator("body")).not.toContainText(/canary/i);
  await page.getByRole("button", { name: "Share" }).click();
  const link = await page.getByLabel(/^Link/).first().inputValue();
  expect(link).not.toMatch(/canary|1\.2\.3/i);
  await site.close();
  archive.close();
});

test("without an archive the page says how to get one", async ({ page, site, problems }) => {
  await openBench(page, site.url);
  await page.getByRole("button", { name: /^More/ }).click();
  await page.getByRole("menuitem", { name: "Open from an archive" }).click();
  const dialog = page.getByRole("dialog", { name: "Open from an archive" });
  await dialog.getByRole("button", { name: "Search" }).click();
  await expect(dialog.getByRole("alert")).toContainText("npm start -- --dicomweb");
  // The browser's own word about a missing file, for each of the two questions.
  await expect.poll(() => problems.length).toBe(2);
  expect(problems.every((each) => each.includes("404"))).toBe(true);
  problems.length = 0;
});
