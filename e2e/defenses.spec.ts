/** A defense in the page: switched on, both answers seen, an attacker who does not know it, and the link that carries it. */
import type { Page } from "@playwright/test";
import { openBench, setSlider, settle, shareLink, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

async function addDefense(page: Page, label: string): Promise<void> {
  await page.getByRole("button", { name: "Add a defense" }).click();
  await page.getByRole("menuitem", { name: label }).click();
}

async function copiedLink(page: Page): Promise<string> {
  const link = await shareLink(page);
  await page.keyboard.press("Escape");
  return link;
}

test("a defense shows what it costs, who attacks it, and comes back from its link", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await settle(page);
  const attacker = page.getByRole("combobox", { name: "PGD: attacker" });
  await expect(attacker).toHaveCount(0);
  await addDefense(page, "Gaussian filter");
  await setSlider(slider(page, "Gaussian filter: Width"), 1.5);
  await settle(page);
  const price = page.getByTestId("undefended");
  await expect(price).toHaveAttribute("data-stale", "false", { timeout: 60_000 });
  await expect(price.getByRole("row", { name: /Clean/ })).toHaveText(
    /Clean(yes|no) [+−][\d.]+(yes|no) [+−][\d.]+/,
  );
  await expect(price).toContainText("On the clean picture");
  const answer = page.getByRole("region", { name: "Answer", exact: true });
  await expect(answer).toContainText("What the defended model says.");
  await expect(answer).toContainText("All this was counted without your defenses.");

  await attacker.selectOption("unaware");
  await settle(page);
  await expect(page.getByRole("region", { name: "Attack", exact: true })).toContainText(
    "on the model without its defenses",
  );
  await expect(price).toHaveAttribute("data-stale", "false", { timeout: 60_000 });
  const sent = await price.getByRole("table").innerText();
  const link = await copiedLink(page);

  const other = await page.context().newPage();
  await openBench(other, link);
  await settle(other);
  await expect(slider(other, "Gaussian filter: Width")).toHaveValue("1.5");
  await expect(other.getByRole("combobox", { name: "PGD: attacker" })).toHaveValue("unaware");
  const again = other.getByTestId("undefended");
  await expect(again).toHaveAttribute("data-stale", "false", { timeout: 60_000 });
  expect(await again.getByRole("table").innerText()).toBe(sent);
  await expect(other.getByText("Reproduced.")).toBeVisible();

  // At strength 0 it is the bare model again.
  await setSlider(slider(other, "Gaussian filter: Width"), 0);
  await expect(other.getByText("the model sees the picture as it is")).toBeVisible();
  const said = other.getByRole("region", { name: "Answer", exact: true });
  await expect(said).toContainText("What the model says before and after.");
  await expect(said).not.toContainText("without your defenses");
  await expect(other.getByRole("combobox", { name: "PGD: attacker" })).toHaveCount(0);
});
