/** Plots: said in words, enlarged, read as values, saved as picture and as table. */
import { readFile } from "node:fs/promises";
import { openBench, settle } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("a plot is described, enlarged and saved", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  const plot = page.getByTestId("trace-plot");
  await expect(plot).toHaveAttribute("data-drawn", "true", { timeout: 60_000 });
  await expect(plot).toHaveAttribute("aria-label", /best .* logits after \d+ steps/);
  await expect(plot).toContainText("step");

  const menu = page.getByRole("button", { name: "Attack: enlarge or save" });
  await menu.click();
  const [table] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: /CSV/ }).click(),
  ]);
  const rows = (await readFile(await table.path(), "utf8")).trim().split("\r\n");
  expect(rows[0]).toBe("series,step,logits");
  // The last value of the best curve is what the answer panel shows as the disturbed margin, with the sign turned.
  const best = Number(rows.findLast((row) => row.startsWith("best so far"))!.split(",")[2]);
  expect(best).toBeGreaterThan(0);

  await menu.click();
  const [drawing] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("menuitem", { name: /SVG/ }).click(),
  ]);
  const svg = await readFile(await drawing.path(), "utf8");
  expect(svg).toContain("<svg");
  expect(svg).toContain("logits");

  await menu.click();
  await page.getByRole("menuitem", { name: /Enlarge/ }).click();
  const dialog = page.getByRole("dialog", { name: "Attack, enlarged" });
  await expect(dialog.getByTestId("trace-plot-large")).toHaveAttribute("data-drawn", "true");
  await expect(dialog).toContainText("above zero the answer has flipped");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("the certificate shows one cosine at a time, by choice", async ({ page, site }) => {
  await openBench(page, site.url);
  const plot = page.getByTestId("certificate-plot");
  await expect(plot).toHaveAttribute("data-drawn", "true", { timeout: 60_000 });
  await expect(plot).toHaveAttribute("aria-label", /both averaged over noise/);
  await page.getByRole("button", { name: "What is guaranteed: enlarge or save" }).click();
  await page.getByRole("menuitemradio", { name: /changed one averaged/ }).click();
  await expect(plot).toHaveAttribute("aria-label", /clean picture as it is/);
});
