/** Measurements: off at first, switched on by the reader, carried by the link, number by number. */
import type { Page } from "@playwright/test";
import { openBench, settle, setSlider, shareLink, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

const NAME = "How linear the model is";

async function found(page: Page): Promise<string> {
  const result = page.getByTestId("found-linearHypothesis");
  await expect(result).toHaveAttribute("data-stale", "false", { timeout: 90_000 });
  return result.locator("dl").innerText();
}

test("an instrument runs when it is switched on, and its link shows the same numbers elsewhere", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await settle(page);
  const panel = page.getByRole("region", { name: "Measurements" });
  await expect(panel).toContainText("Each runs when you switch it on.");
  await expect(page.getByTestId("found-linearHypothesis")).toHaveCount(0);

  await page.getByRole("switch", { name: `${NAME}: on` }).check();
  const first = await found(page);
  expect(first).toMatch(/n = 17/);
  await expect(page.getByTestId("linearHypothesis-margin-plot")).toHaveAttribute(
    "data-drawn",
    "true",
    { timeout: 20_000 },
  );

  // A setting is an edit like any other: the old numbers are dimmed until the new ones are there.
  await panel.getByText("Settings and meaning").click();
  await setSlider(slider(page, `${NAME}: Points`), 9);
  await expect.poll(() => found(page), { timeout: 90_000 }).toMatch(/n = 9/);
  const sent = await found(page);

  const link = await shareLink(page);
  const other = await page.context().newPage();
  // Its certificate would go on taking half of a small machine.
  await page.close();
  await openBench(other, link);
  await settle(other);
  expect(await found(other)).toBe(sent);
});

test("a measurement that is stopped half-way says so beside what it had", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await settle(page);
  await page.getByRole("switch", { name: "Certificate of the answer: on" }).check();
  const card = page.getByRole("listitem", { name: "Certificate of the answer" });
  await expect(card.getByTestId("found-answerCertificate")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(card).toContainText("Stopped before its end: this is what there was by then.");
});
