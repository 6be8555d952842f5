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

test("the weights of a mixture of experts stand beside it, and noise moves them", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await page.getByRole("switch", { name: "PGD: on" }).click();
  await settle(page);
  await addDefense(page, "Mixture of experts");
  await page.getByRole("button", { name: "Show the weight of each model" }).click();
  const weights = page.getByTestId("weights");
  await expect(weights).toHaveAttribute("data-stale", "false", { timeout: 60_000 });
  const shares = async (name: string) => {
    const cells = await weights.getByRole("row", { name }).getByRole("cell").allInnerTexts();
    return cells.map((text) => Number.parseFloat(text.replace(/[<>]/, "")));
  };
  const all = await Promise.all(["normal", "noisy", "overlay"].map(shares));
  for (const k of [0, 1]) {
    expect(Math.abs(all.reduce((sum, each) => sum + each[k]!, 0) - 100)).toBeLessThan(2);
  }
  const [clean, slight] = all[1]!;
  await setSlider(slider(page, /^Quantum noise \(dose\): /), 5);
  await settle(page);
  await expect(weights).toHaveAttribute("data-stale", "false", { timeout: 60_000 });
  const [same, strong] = await shares("noisy");
  expect(same).toBe(clean);
  expect(strong).toBeGreaterThan(slight!);

  await weights.getByRole("button", { name: "More under Measurements" }).click();
  await expect(page.getByText("What the gate sees")).toBeInViewport();
});
