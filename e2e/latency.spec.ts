/** The page never freezes: it draws and answers while an attack runs. Task lengths are measured by `npm run bench`. */
import { openBench, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("the page draws and answers while an attack runs", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  await setSlider(slider(page, /PGD.*Steps/), 100);
  const cancel = page.getByRole("button", { name: "Cancel" });
  await expect(cancel).toBeVisible();

  // Frames go on: a main thread that computes the attack itself would not draw one until it ends.
  const frames = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let count = 0;
        const until = performance.now() + 3000;
        const tick = (now: number) =>
          now > until ? resolve(count) : (count++, requestAnimationFrame(tick));
        requestAnimationFrame(tick);
      }),
  );
  expect(frames).toBeGreaterThan(15);

  // Keys are heard, and the attack is still running when they have been.
  await page.locator("body").press("i");
  await expect(page.locator("#clean-value")).toContainText("inverted");
  await expect(page.locator('[data-pane="disturbed"]')).toHaveAttribute("data-stale", "true");
  await cancel.click();
  await expect(page.getByText("Stopped.")).toBeVisible();
});
