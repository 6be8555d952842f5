/** Measurements on the built page in Chromium, as a reader meets them. */
import type { Browser, Page } from "@playwright/test";
import { median } from "./statistics.ts";

export interface PageMeasurements {
  /** From first contentful paint to the first answer, cold cache, loopback. */
  readonly firstAnswerMs: number;
  /** From first contentful paint to the first curve of the case's own certificate on screen. */
  readonly firstCertificateMs: number;
  /** From first contentful paint to the first sentence on screen that something is proved. */
  readonly firstProofMs: number;
  readonly firstPaintMs: number;
  /** From first contentful paint until the default model is downloaded, checked by hash, opened, self-tested and timed. */
  readonly modelReadyMs: number;
  /** From a tick of the epsilon slider inside a drag to the first changed answer on screen. */
  readonly tickToAnswerMs: number;
  /** Bytes after 160 and after 260 slider drags, garbage collected; page and workers. */
  readonly memoryBefore: number;
  readonly memoryAfter: number;
  /** Longest main-thread task during the 100 drags, and how many took more than 50 ms. */
  readonly longestTaskMs: number;
  readonly longTasks: number;
}

const DRAGS = 100;
/** Until caches and the runtime’s memory have their size. */
const WARM_UP = 160;

/** Notes when texts first appear, from inside the page, so that polling costs nothing. */
function watchFirstTexts(): void {
  const marks = globalThis as unknown as Record<string, number>;
  const look = (): void => {
    const answer = document.querySelector('[data-testid="answer-clean"]')?.textContent ?? "…";
    if (answer !== "…") marks["answerAt"] ??= performance.now();
    const chip = document.querySelector('[data-testid="backend-chip"]')?.textContent ?? "";
    if (/^(?:WASM|WebGPU)/.test(chip)) marks["readyAt"] ??= performance.now();
    const drawn = document.querySelector('[data-testid="certificate-plot"][data-drawn="true"]');
    if (drawn) marks["certificateAt"] ??= performance.now();
    const panel = document.querySelector('section[aria-label="What is guaranteed"]');
    if (panel?.querySelector('[data-kind="proved"]')) marks["provedAt"] ??= performance.now();
    const wanted = ["answerAt", "certificateAt", "provedAt"];
    if (wanted.some((key) => marks[key] === undefined)) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function firstTimes(browser: Browser, url: string): Promise<readonly number[]> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watchFirstTexts);
  await page.goto(url);
  await page.waitForFunction(
    () => "certificateAt" in globalThis && "provedAt" in globalThis,
    undefined,
    { timeout: 120_000 },
  );
  const times = await page.evaluate(() => {
    const marks = globalThis as unknown as Record<string, number>;
    const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN;
    return [
      paint,
      ...["answerAt", "certificateAt", "readyAt", "provedAt"].map((key) => marks[key]! - paint),
    ];
  });
  await context.close();
  return times;
}

export async function settled(page: Page): Promise<void> {
  // An edit goes out with the next frame; before that the old numbers still count as current.
  await page.waitForTimeout(100);
  await page
    .locator('section[aria-label="How far it moved"] [data-stale="false"]')
    // Numbers that were never there are not out of date either.
    .filter({ hasNotText: "…" })
    .waitFor({ timeout: 120_000 });
}

/** Least of three: a sample of the certificate may be under way at any of them. */
async function memory(page: Page): Promise<number> {
  const bytes: number[] = [];
  for (let i = 0; i < 3; i++) {
    await page.waitForTimeout(1500);
    bytes.push(
      await page.evaluate(async () => {
        const { measureUserAgentSpecificMemory } = performance as unknown as {
          measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }>;
        };
        if (!measureUserAgentSpecificMemory) return NaN;
        return (await measureUserAgentSpecificMemory.call(performance)).bytes;
      }),
    );
  }
  return Math.min(...bytes);
}

/** One gesture on the attack's epsilon: press, move, release at a value that changes each time. */
async function drag(page: Page, index: number): Promise<void> {
  const slider = page.getByRole("slider", { name: /PGD.*Epsilon/ });
  const box = (await slider.boundingBox())!;
  const y = box.y + box.height / 2;
  const x = (share: number): number => box.x + 8 + share * (box.width - 16);
  await page.mouse.move(x(0.1), y);
  await page.mouse.down();
  await page.mouse.move(x(0.15 + 0.3 * ((index * 0.37) % 1)), y, { steps: 5 });
  await page.waitForTimeout(40);
  await page.mouse.up();
}

/** Ticks of one drag of epsilon, each after the one before has been refined: milliseconds to the first changed answer after each. */
export async function ticksToAnswer(page: Page, count = 15): Promise<readonly number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    let ticked: number | undefined;
    document.addEventListener("input", () => (ticked = performance.now()), true);
    const panel = document.querySelector('section[aria-label="Answer"]');
    if (!panel) throw new Error("There is no answer to watch.");
    new MutationObserver(() => {
      if (ticked === undefined) return;
      times.push(performance.now() - ticked);
      ticked = undefined;
    }).observe(panel, { subtree: true, childList: true, characterData: true });
    (globalThis as unknown as { times: number[] }).times = times;
  });
  const slider = page.getByRole("slider", { name: /PGD.*Epsilon/ });
  const box = (await slider.boundingBox())!;
  const y = box.y + box.height / 2;
  const x = (share: number): number => box.x + 8 + share * (box.width - 16);
  await page.mouse.move(x(0.15), y);
  await page.mouse.down();
  for (let tick = 0; tick < count; tick++) {
    await page.mouse.move(x(0.2 + 0.3 * ((tick * 0.37) % 1)), y);
    await page.waitForTimeout(1500);
  }
  await page.mouse.up();
  return page.evaluate(() => (globalThis as unknown as { times: number[] }).times);
}

export async function measurePage(browser: Browser, url: string): Promise<PageMeasurements> {
  const times: (readonly number[])[] = [];
  for (let i = 0; i < 3; i++) times.push(await firstTimes(browser, url));
  const column = (k: number): number => median(times.map((row) => row[k]!));

  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  // Before the first answer no number is stale, and the controls still move down as the case arrives.
  await page
    .getByTestId("answer-clean")
    .filter({ hasText: /yes|no/ })
    .waitFor();
  await settled(page);
  const tickToAnswerMs = median(await ticksToAnswer(page));
  await settled(page);
  for (let i = 0; i < WARM_UP; i++) await drag(page, i);
  await settled(page);
  const memoryBefore = await memory(page);
  // From here on only: measuring memory collects garbage, which is a long task of its own.
  await page.evaluate(() => {
    const tasks: number[] = [0];
    (globalThis as unknown as { tasks: number[] }).tasks = tasks;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    }).observe({ type: "longtask" });
  });
  for (let i = 0; i < DRAGS; i++) await drag(page, WARM_UP + i);
  await settled(page);
  const tasks = await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks);
  const memoryAfter = await memory(page);
  await page.close();
  return {
    firstPaintMs: column(0),
    firstAnswerMs: column(1),
    firstCertificateMs: column(2),
    modelReadyMs: column(3),
    firstProofMs: column(4),
    tickToAnswerMs,
    memoryBefore,
    memoryAfter,
    longestTaskMs: Math.max(...tasks),
    longTasks: tasks.length - 1,
  };
}
