/** No serious accessibility violation, on the bench and in what opens over it. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { openBench, settle } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

async function seriousViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}

test("the bench, help and sharing", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  expect(await seriousViolations(page)).toEqual([]);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  // Longer than the screen: it can be scrolled without a mouse.
  await page.getByRole("button", { name: "Add a disturbance" }).click();
  await expect(page.getByRole("menuitem").first()).toHaveAttribute("tabindex", "0");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByLabel("Link to this experiment")).toBeVisible();
  expect(await seriousViolations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  // Not the page's beginning: a keyboard goes on where the dialog was opened.
  await expect(page.getByRole("button", { name: "Share" })).toBeFocused();
  await page.getByRole("radio", { name: "The whole film" }).click();
  await expect(page.getByTestId("film-canvas")).toBeVisible({ timeout: 60_000 });
  expect(await seriousViolations(page)).toEqual([]);
});

test("reduced motion is respected", async ({ page, site }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await openBench(page, site.url);
  const moving = await page.evaluate(
    () =>
      document
        .getAnimations()
        .filter((animation) => Number(animation.effect?.getComputedTiming().duration ?? 0) > 100)
        .length,
  );
  expect(moving).toBe(0);
});
