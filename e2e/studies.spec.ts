/** A study from the bench: it runs beside it, is paused, survives a reload, and any of its rows goes back onto the bench. */
import { readFile } from "node:fs/promises";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { chestDicom } from "./chestFiles.ts";
import { figure, openBench, openFile, pageManifest, settle } from "./steps.ts";

type Row = Readonly<Record<string, string | number | boolean | null>>;

async function openStudies(page: Page) {
  await page.getByRole("button", { name: "Studies", exact: true }).click();
  return page.getByRole("dialog", { name: "Studies" });
}

async function savedRows(page: Page): Promise<readonly Row[]> {
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Rows as JSON" }).click();
  return JSON.parse(await readFile(await (await downloading).path(), "utf8")) as Row[];
}

test("the case on the bench under six strengths: chart, table, a row back on the bench, and all of it after a reload", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await settle(page);
  const dialog = await openStudies(page);
  await dialog.getByRole("radio", { name: "this case" }).click();
  await expect(dialog.getByLabel("Strength of quantum noise (dose)")).toBeChecked();
  await expect(dialog.getByTestId("study-size")).toHaveText(/^6 runs, at least \d+ (s|min)\.$/);
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(dialog.getByTestId("study-status")).toHaveText("6 of 6 runs, done", {
    timeout: 120_000,
  });
  // The button that began it is gone; the focus is not.
  await expect(dialog.locator(":focus")).toHaveCount(1);
  await expect(dialog.getByTestId("study-rows").locator("tbody tr")).toHaveCount(6);
  await expect(dialog.getByTestId("study-summary").locator("tbody tr")).toHaveCount(6);
  await dialog.getByLabel("Measure").selectOption({ label: "Change" });
  await expect(dialog.getByTestId("study-summary")).toContainText(", n 1");
  await expect(dialog.locator("svg.main-svg").first()).toBeVisible();
  const found = await new AxeBuilder({ page }).include("[role=dialog]").analyze();
  expect(found.violations).toEqual([]);

  const saving = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Rows as Parquet" }).click();
  const parquet = await readFile(await (await saving).path());
  expect(parquet.subarray(0, 4).toString()).toBe("PAR1");
  const link = await dialog.getByLabel("Link to this study").inputValue();
  const rows = await savedRows(page);
  expect(rows.map((row) => row["strength"])).toEqual([0, 1, 2, 3, 4, 5]);
  const last = rows.at(-1)!;
  await dialog
    .getByTestId("study-rows")
    .locator("tbody tr")
    .last()
    .getByRole("button", { name: "show on the bench" })
    .click();
  await expect(dialog).toBeHidden();
  await settle(page);
  expect(await figure(page, "l2 distance")).toBeCloseTo(Number(last["l2"]), 1);
  expect(await figure(page, "Feature cosine")).toBeCloseTo(Number(last["featureCosine"]), 2);
  // Both are of WebAssembly, so all digits are the same.
  const { environment, results } = await pageManifest(page);
  expect(environment.backend).toBe("wasm");
  const { featureCosine, l2, ssim } = results.metrics!;
  expect({
    marginClean: results.clean!.answer!.margin,
    margin: results.readout!.answer!.margin,
    featureCosine,
    l2,
    ssim,
  }).toEqual(
    Object.fromEntries(
      ["marginClean", "margin", "featureCosine", "l2", "ssim"].map((name) => [name, last[name]]),
    ),
  );

  await page.reload();
  await settle(page);
  const again = await openStudies(page);
  await expect(again.getByTestId("study-status")).toHaveText("6 of 6 runs, done");
  expect(await savedRows(page)).toEqual(rows);

  await page.goto(link);
  await expect(again.getByText("from a link")).toBeVisible();
  await expect(again.getByTestId("study-size")).toHaveText(/^6 runs/);
  await again.getByRole("button", { name: "Start" }).click();
  // Its rows are on the shelf: nothing is computed again.
  await expect(again.getByTestId("study-status")).toHaveText("6 of 6 runs, done");
});

test("rows about a film say that none is held back there, and the bench holds it back", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await openFile(page, "study.dcm", chestDicom());
  await settle(page);
  const dialog = await openStudies(page);
  await dialog.getByRole("radio", { name: "this case" }).click();
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(dialog.getByTestId("study-status")).toHaveText("1 of 1 runs, done", {
    timeout: 120_000,
  });
  const rows = dialog.getByRole("region", { name: "Rows of the study" });
  await expect(rows).toContainText("No film is held back here");
  await expect(rows.getByRole("table")).toContainText("unlike the model’s films");
  await rows.getByRole("button", { name: "show on the bench" }).first().click();
  await settle(page);
  await expect(page.getByTestId("population")).toContainText("trust no answer about it");
  await expect(page.getByTestId("answer-clean")).toHaveCount(0);
});

test("a study is paused, kept over a reload, goes on, and loses nothing to a worker that dies", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await settle(page);
  const dialog = await openStudies(page);
  const status = dialog.getByTestId("study-status");
  await expect(dialog.getByTestId("study-size")).toHaveText(/^120 runs/);
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(status).toHaveText(/^[1-9]\d* of 120 runs, about/, { timeout: 120_000 });
  await dialog.getByRole("button", { name: "Pause" }).click();
  await expect(status).toHaveText(/paused$/, { timeout: 60_000 });
  const made = Number.parseInt(await status.innerText(), 10);
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(120);
  await page.reload();
  await settle(page);
  await openStudies(page);
  await expect(status).toHaveText(`${made} of 120 runs, paused`);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await expect
    .poll(async () => Number.parseInt(await status.innerText(), 10), { timeout: 120_000 })
    .toBeGreaterThan(made);
  const startedAgain = page.waitForEvent("worker", { timeout: 120_000 });
  for (const worker of page.workers()) {
    await worker.evaluate(() => {
      if (self.name !== "penumbra-studies") return;
      setTimeout(() => {
        throw new Error("a worker of the study dies here");
      });
    });
  }
  await startedAgain;
  const before = Number.parseInt(await status.innerText(), 10);
  await expect
    .poll(async () => Number.parseInt(await status.innerText(), 10), { timeout: 120_000 })
    .toBeGreaterThan(before);
  expect((await savedRows(page)).filter((row) => row["error"] !== null)).toEqual([]);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog.getByRole("button", { name: "Start" })).toBeVisible();
});

test("a study of the lab is opened as it stands, with the table that it gave", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await page.getByRole("button", { name: "Studies" }).click();
  const dialog = page.getByRole("dialog", { name: "Studies" });
  const choice = dialog.getByRole("combobox", { name: "Open a study of the lab" });
  await choice.selectOption("Dose by finding");
  await expect(dialog).toContainText("The study “Dose by finding” from the lab.");
  await expect(dialog).toContainText("Quantum noise of a portable film at five doses");
  await expect(dialog.getByRole("button", { name: "Start" })).toBeEnabled();
  const table = dialog.getByRole("link", { name: "The table of the lab’s own run" });
  const report = await page.request.get(
    new URL((await table.getAttribute("href"))!, site.url).href,
  );
  expect(await report.text()).toContain("# Dose by finding");
});
