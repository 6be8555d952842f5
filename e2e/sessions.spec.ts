/** A researcher's session: found by name, kept over a reload, replayed, exported, compared. */
import { readFile } from "node:fs/promises";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { openBench, setSlider, settle, slider } from "./steps.ts";

/** Opens the list of all commands and does one by a part of its name. */
async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill(words);
  await page.keyboard.press("Enter");
}

async function saved(page: Page, button: string): Promise<Buffer> {
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  return readFile(await (await downloading).path());
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include("[role=dialog]").analyze();
  expect(violations).toEqual([]);
}

test("work is undone by name, kept over a reload, replayed, exported and compared", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await command(page, "add fgsm");
  const undo = page.getByRole("button", { name: "Undo: add FGSM (Ctrl+Z)" });
  await expect(undo).toBeVisible();
  await undo.click();
  await setSlider(slider(page, /PGD.*Epsilon/), 3.5);
  await settle(page);
  await command(page, "sessions");
  const sessions = page.getByRole("dialog", { name: "Sessions" });
  await sessions.getByLabel("Name of the session").fill("Monday’s case");
  await sessions.getByRole("button", { name: "Keep what is on the bench" }).click();
  await expect(sessions.getByText("Monday’s case")).toBeVisible();
  await expectAccessible(page);

  // What was on the bench is kept by itself: after a reload it is one click away, and its numbers come out again.
  await page.reload();
  await settle(page);
  await expect(slider(page, /PGD.*Epsilon/)).toHaveValue("3");
  await page.getByTestId("restore").getByRole("button", { name: "Go on with it" }).click();
  await expect(slider(page, /PGD.*Epsilon/)).toHaveValue("3.5");
  await settle(page);
  await expect(page.getByText("Reproduced.")).toBeVisible();

  await page.keyboard.press("p");
  const cine = page.getByRole("dialog", { name: "Replay of the attack" });
  await cine.getByRole("button", { name: "To where the answer turns" }).click({ timeout: 60_000 });
  await expect(cine.getByTestId("cine-read")).toContainText(": no, margin −");
  await cine.getByRole("slider", { name: "Picture of the attack" }).fill("0");
  await expect(cine.getByTestId("cine-read")).toContainText("Step 0: yes, margin +");
  // A curve is dragged along, and moved by keys.
  const curve = cine.getByRole("slider", { name: "Margin, logits: picture" });
  await curve.press("ArrowRight");
  await expect(cine.getByTestId("cine-read")).toContainText("Step 1:");
  const { x, y, width, height } = (await curve.boundingBox())!;
  await page.mouse.move(x + 0.2 * width, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width - 1, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(curve).toHaveAttribute(
    "aria-valuenow",
    (await curve.getAttribute("aria-valuemax"))!,
  );
  await page.mouse.move(x + 1, y + height / 2);
  await expect(curve).not.toHaveAttribute("aria-valuenow", "0");
  await expectAccessible(page);
  await page.keyboard.press("Escape");

  await settle(page);
  await command(page, "export");
  const exports = page.getByRole("dialog", { name: "Export" });
  await exports.getByRole("checkbox", { name: "Difference" }).uncheck();
  const png = await saved(page, "Save figure (PNG)");
  // 2 x 1,000 pixels wide: three panels, two gaps, two borders.
  expect(png.readUInt32BE(16)).toBe(2000);
  const script = (await saved(page, "Save script (Python)")).toString();
  expect(script).toContain("Is there a pleural effusion?");
  expect(script).toMatch(/"ids": \[\s*1,/);
  await expectAccessible(page);
  await page.keyboard.press("Escape");

  await command(page, "compare two");
  const compare = page.getByRole("dialog", { name: "Compare two systems" });
  await compare.getByRole("button", { name: "Ask the second system" }).click();
  await expect(compare.getByTestId("comparison")).toContainText(/They (part|say)/, {
    timeout: 120_000,
  });
  await expectAccessible(page);
});

test("deleting all leaves nothing behind", async ({ page, site }) => {
  await openBench(page, site.url);
  await command(page, "sessions");
  const sessions = page.getByRole("dialog", { name: "Sessions" });
  await sessions.getByRole("button", { name: "Keep what is on the bench" }).click();
  await expect(sessions.getByRole("button", { name: /^Open / })).toHaveCount(1);
  await sessions.getByRole("button", { name: "Delete all sessions and films kept here" }).click();
  await sessions.getByRole("button", { name: "Delete them all for good" }).click();
  await expect(sessions.getByRole("button", { name: /^Open / })).toHaveCount(0);
});
