/** Whether a study in the background slows the bench: how soon the page draws after an input, with one running and without. */
import type { Browser, Page } from "@playwright/test";

export interface StudyPageMeasurements {
  /** 95th percentile, from an input event of a slider to the frame after it. */
  readonly p95Ms: number;
  readonly p95WithStudyMs: number;
  /** Runs that the study made meanwhile. */
  readonly runsMeanwhile: number;
}

const TICKS = 120;

export async function measureStudyPage(
  browser: Browser,
  url: string,
): Promise<StudyPageMeasurements> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  // Before the first answer no number is stale, and the controls still move down as the case arrives.
  await page
    .getByTestId("answer-clean")
    .filter({ hasText: /yes|no/ })
    .waitFor();
  await page
    .locator('section[aria-label="How far it moved"] [data-stale="false"]')
    .waitFor({ timeout: 120_000 });
  await page.evaluate(watchInputs);
  await ticks(page, 0);
  const p95Ms = await p95(page);
  await page.getByRole("button", { name: "Studies", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Studies" });
  await dialog.getByRole("button", { name: "Start" }).click();
  const status = dialog.getByTestId("study-status");
  const made = async () => Number.parseInt(await status.innerText(), 10);
  while ((await made()) < 1) await page.waitForTimeout(500);
  const before = await made();
  await dialog.getByRole("button", { name: "Close studies" }).click();
  // A drag that begins while it fades is one of its backdrop.
  await dialog.waitFor({ state: "hidden" });
  await ticks(page, TICKS);
  const p95WithStudyMs = await p95(page);
  await page.getByRole("button", { name: "Studies", exact: true }).click();
  const runsMeanwhile = (await made()) - before;
  if ((await status.innerText()).endsWith("done")) {
    throw new Error("The study ended before the measurement did.");
  }
  await page.close();
  return { p95Ms, p95WithStudyMs, runsMeanwhile };
}

/** Notes how long after each input the next frame has been drawn. */
function watchInputs(): void {
  const times: number[] = [];
  (globalThis as unknown as { times: number[] }).times = times;
  const listen = (event: Event) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => times.push(performance.now() - event.timeStamp));
    port1.start();
    // A message that is sent in the frame is heard after it was drawn.
    requestAnimationFrame(() => port2.postMessage(null));
  };
  document.addEventListener("input", listen, true);
}

/** Drags epsilon for as long as there are ticks, so that previews and attacks run meanwhile. */
async function ticks(page: Page, from: number): Promise<void> {
  const slider = page.getByRole("slider", { name: /PGD.*Epsilon/ });
  const box = (await slider.boundingBox())!;
  const y = box.y + box.height / 2;
  const x = (share: number): number => box.x + 8 + share * (box.width - 16);
  await page.mouse.move(x(0.15), y);
  await page.mouse.down();
  for (let tick = from; tick < from + TICKS; tick++) {
    await page.mouse.move(x(0.15 + 0.4 * ((tick * 0.37) % 1)), y);
    await page.waitForTimeout(120);
  }
  await page.mouse.up();
}

/** Of the inputs since it was last asked. */
async function p95(page: Page): Promise<number> {
  const times = await page.evaluate(() =>
    (globalThis as unknown as { times: number[] }).times.splice(0),
  );
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(0.95 * (sorted.length - 1))] ?? NaN;
}
