/** A day of large films: no picture of a film outlasts the next, and one that was let go is read from its file again. */
import { writeFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { rampDicom } from "../bench/rampDicom.ts";
import { expect, test } from "./fixtures.ts";
import { openBench } from "./steps.ts";

/** Changes the film and waits until another one is drawn. */
async function changing(page: Page, change: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    for (const canvas of document.querySelectorAll<HTMLElement>("[data-testid=film-canvas]")) {
      canvas.dataset["before"] = "";
    }
  });
  await change();
  const fresh = page.locator("[data-testid=film-canvas]:not([data-before])");
  await expect(fresh).toBeVisible({ timeout: 60_000 });
}

test("memory does not grow with the films looked at, and undo brings back one that was let go", async ({
  page,
  site,
}, testInfo) => {
  await openBench(page, site.url);
  await page.getByRole("radio", { name: "The whole film" }).click();
  await expect(page.getByTestId("film-canvas")).toBeVisible({ timeout: 60_000 });
  const open = async (index: number, side: number) => {
    const file = testInfo.outputPath(`${index}.dcm`);
    await writeFile(file, rampDicom(index, side));
    const input = page.getByLabel("Open a radiograph", { exact: true });
    await changing(page, () => input.setInputFiles(file));
  };
  const client = await page.context().newCDPSession(page);
  const arrays = async (): Promise<number> => {
    await client.send("HeapProfiler.collectGarbage");
    const usage = await client.send("Runtime.getHeapUsage");
    return (usage as unknown as { backingStorageSize: number }).backingStorageSize;
  };
  await open(1, 2000);
  await open(2, 2000);
  const before = await arrays();
  for (const key of ["z", "y", "z", "y"]) {
    await changing(page, () => page.keyboard.press(`Control+${key}`));
  }
  // A picture of a film and its halves are 21 MB; one more or less may be on its way.
  expect((await arrays()) - before).toBeLessThan(50e6);

  // With these the pixels of the first are no longer held.
  await open(3, 4100);
  await open(4, 3000);
  for (const side of [4100, 2000]) {
    await changing(page, () => page.keyboard.press("Control+z"));
    await expect(page.getByText(`${side} x ${side}, 12 bit`)).toBeVisible();
  }
  await changing(page, () => page.keyboard.press("Control+z"));
  await expect(page.getByText("2000 x 2000, 12 bit")).toBeVisible();
  await expect(page.getByText("Open the same file to replay it")).toBeHidden();
});
