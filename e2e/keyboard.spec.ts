/** Everything a pointer can do, without one. */
import type { Page } from "@playwright/test";
import { figure, openBench, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

/** Tabs until the wanted element has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return `${element?.getAttribute("aria-label") ?? ""} ${element?.textContent ?? ""}`;
    });
    if (name.test(focused)) return;
  }
  throw new Error(`No amount of Tab reaches ${name}.`);
}

test("epsilon, a new question and undo, from the keyboard alone", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  await tabTo(page, /PGD.*Epsilon/);
  const epsilon = slider(page, /PGD.*Epsilon/);
  const before = await epsilon.inputValue();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  expect(Number(await epsilon.inputValue())).toBeGreaterThan(Number(before));
  await settle(page);
  await page.keyboard.press("Home");
  await expect(epsilon).toHaveValue("0");
  await settle(page);
  await page.keyboard.press("Control+z");
  await expect(epsilon).not.toHaveValue("0");
  // A finger on its way down the page sets nothing, although the slider follows it until the page does.
  const kept = await epsilon.inputValue();
  await epsilon.dispatchEvent("pointerdown", { pointerType: "touch" });
  await setSlider(epsilon, 9);
  await epsilon.dispatchEvent("pointercancel", { pointerType: "touch" });
  await expect(epsilon).toHaveValue(kept);
  // Each limit keeps the epsilon that it was tried with.
  const limit = page.getByLabel("PGD: limit");
  await limit.selectOption("l2");
  await expect(epsilon).not.toHaveValue(kept);
  await limit.selectOption("linf");
  await expect(epsilon).toHaveValue(kept);
  const question = page.getByRole("combobox", { name: "Question" });
  await question.focus();
  await expect(question).toHaveCSS("outline-style", "solid");
});

test("window, layout, overlay and help have keys", async ({ page, site }) => {
  await openBench(page, site.url);
  // The first stop leads past all others to the question, where Escape takes back what was typed and not asked.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const question = page.getByRole("combobox", { name: "Question" });
  await expect(question).toBeFocused();
  const asked = await question.inputValue();
  await question.fill("Describe the image");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(question).toHaveValue(asked);
  // The guide's card takes the keyboard from card to card and gives it back.
  const guide = page.getByRole("button", { name: "Guide", exact: true });
  await guide.press("Enter");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Next" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: /^Guide, The answer/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(guide).toBeFocused();
  await guide.blur();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog");
  await expect(help).toBeVisible();
  await page.keyboard.press("Escape");
  // What is closed takes no key any more, not even the next one.
  await page.keyboard.press("i");
  await expect(help).toBeHidden();
  await expect(page.locator("#clean-value")).toContainText("inverted");
  await page.locator("body").press("i");
  await expect(page.locator("#clean-value")).not.toContainText("inverted");
  await page.locator("body").press("+");
  await expect(page.locator("#clean-value")).toContainText("zoom 125%");
  await page.locator("body").press("r");
  await expect(page.locator("#clean-value")).toContainText("zoom 100%");
});

test("a patch can be painted with the arrow keys", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  const before = await figure(page, "Max change");
  await page.getByRole("application", { name: "Clean radiograph viewer" }).focus();
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect.poll(() => figure(page, "Max change")).toBeGreaterThan(before + 5);
  // Each dab is a step of its own.
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await expect.poll(() => figure(page, "Max change")).toBeCloseTo(before, 1);
});

test("a dialog that a menu opened gives the keyboard back to the menu's button", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  const more = page.getByRole("button", { name: /^More/ });
  // Fetched the first time, at hand the second.
  for (const name of [/^Export/, /^Models kept/, /^Export/]) {
    await more.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByRole("button", { name: /^Close/ })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(more).toBeFocused();
  }
});
