/** Steps that many journeys take. */
import { expect } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import type { runManifest } from "../src/experiment/manifest.ts";

/** Opens the bench and waits for the first answer. */
export async function openBench(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.getByTestId("answer-clean")).not.toHaveText("…", { timeout: 60_000 });
}

/**
 * Waits until everything but the certificate answers the newest request: the certificate goes on sampling, and each of
 * its bounds is valid when it is shown.
 */
export async function settle(page: Page): Promise<void> {
  // An edit goes out with the next frame; before that the old numbers still count as current.
  await page.evaluate(
    () =>
      new Promise((resolve) =>
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50))),
      ),
  );
  const numbers = page.getByRole("region", { name: "How far it moved" }).locator("[data-stale]");
  await expect(numbers).toHaveAttribute("data-stale", "false", { timeout: 60_000 });
  await expect(numbers).not.toContainText("…", { timeout: 60_000 });
}

/** The value beside a name in "How far it moved". */
export async function figure(page: Page, name: string): Promise<number> {
  const row = page.getByRole("region", { name: "How far it moved" }).locator("dl > div");
  const text = await row.filter({ hasText: name }).locator("dd").innerText();
  return Number.parseFloat(text);
}

/** A slider by its accessible name. */
export function slider(page: Page, name: string | RegExp): Locator {
  return page.getByRole("slider", { name });
}

/** Sets a range input as a keyboard or a click would: one change, outside any drag. */
export async function setSlider(locator: Locator, value: number): Promise<void> {
  await locator.fill(String(value));
}

export async function openFile(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page
    .getByLabel("Open a radiograph", { exact: true })
    .setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
}

/** The films that are made here are no chest: what the model says of them is asked for all the same. */
export async function passGate(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Show the answer all the same" }).click();
}

/** The link to what is on screen, once its numbers are in it: before that it holds the settings alone. */
export async function shareLink(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByText("and the numbers on screen")).toBeVisible({ timeout: 60_000 });
  return page.getByLabel("Link to this experiment").inputValue();
}

export type Manifest = ReturnType<typeof runManifest>;

/** The run on the bench with all its digits. */
export async function pageManifest(page: Page): Promise<Manifest> {
  await page.getByRole("button", { name: "Share" }).click();
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save run manifest (JSON)" }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await saving).createReadStream()) chunks.push(chunk as Buffer);
  await page.keyboard.press("Escape");
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as Manifest;
}
