/** Dragging a slider: previews while it moves, the newest value wins, and a long attack can be stopped. */
import { figure, openBench, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("the last value of a drag is the one that stays", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  await page.getByRole("switch", { name: /^Quantum noise.*: on$/ }).click({ force: true });
  const epsilon = slider(page, /PGD.*Epsilon/);
  await epsilon.scrollIntoViewIfNeeded();
  const box = (await epsilon.boundingBox())!;
  const at = (share: number) => box.x + 8 + share * (box.width - 16);
  const y = box.y + box.height / 2;
  await page.mouse.move(at(0.1), y);
  await page.mouse.down();
  for (const share of [0.2, 0.5, 0.9, 0.7, 0.3, 0.95, 0.5, 0.25]) {
    await page.mouse.move(at(share), y, { steps: 4 });
    await page.waitForTimeout(60);
  }
  await page.mouse.up();
  await settle(page);
  const value = Number(await epsilon.inputValue());
  expect(value).toBeGreaterThan(2);
  expect(value).toBeLessThan(6);
  // Rounded to the 8-bit lattice the attack cannot exceed epsilon, and untargeted PGD reaches its border.
  const reached = await figure(page, "Max change");
  expect(reached).toBeLessThanOrEqual(value + 0.05);
  expect(reached).toBeGreaterThan(value - 1.01);
});

test("a long attack stops when asked, and the bench says so", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  const steps = slider(page, /PGD.*Steps/);
  await setSlider(steps, 100);
  const cancel = page.getByRole("button", { name: "Cancel" });
  await cancel.click();
  await expect(page.getByText("Stopped.")).toBeVisible({ timeout: 5_000 });
  // The bench still works: a short attack runs to its end.
  await setSlider(steps, 3);
  await settle(page);
});
