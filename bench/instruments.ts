/** Whether a measurement makes the page stutter: each one switched on in turn, and the longest main-thread task until its result stands. */
import type { Browser, Page } from "@playwright/test";
import { INSTRUMENT_CATALOG } from "../src/experiment/instruments/catalog.ts";
import { median } from "./statistics.ts";

export interface InstrumentMeasurement {
  /** Empty for the page with none on. */
  readonly id: string;
  readonly label: string;
  /** Median over rounds of the longest main-thread task; 0 where none was long enough (50 ms) to be reported. */
  readonly longestTaskMs: number;
  /** Median over rounds, from switching it on to its whole result. */
  readonly seconds: number;
  /** It can't be had on the opening case, and its panel says why. */
  readonly isRefused: boolean;
}

const ROUNDS = 3;
/** Of one page: results that it keeps do not add up. */
const PER_PAGE = 6;
const PATIENCE_MS = 300_000;

interface Seen {
  readonly longestTaskMs: number;
  readonly seconds: number;
  readonly isRefused: boolean;
}

export async function measureInstruments(
  browser: Browser,
  url: string,
): Promise<readonly InstrumentMeasurement[]> {
  const ids = ["", ...Object.keys(INSTRUMENT_CATALOG)];
  const seen = new Map<string, Seen[]>(ids.map((id) => [id, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (let from = 0; from < ids.length; from += PER_PAGE) {
      const found = await onOnePage(browser, url, ids.slice(from, from + PER_PAGE));
      for (const [id, each] of found) seen.get(id)!.push(each);
    }
  }
  return ids.map((id) => {
    const rounds = seen.get(id)!;
    return {
      id,
      label: id === "" ? "none on" : INSTRUMENT_CATALOG[id]!.label,
      longestTaskMs: median(rounds.map(({ longestTaskMs }) => longestTaskMs)),
      seconds: median(rounds.map(({ seconds }) => seconds)),
      isRefused: rounds.every(({ isRefused }) => isRefused),
    };
  });
}

/** One page, one instrument after the other; `look` is called while the result of one stands. */
export async function onOnePage(
  browser: Browser,
  url: string,
  ids: readonly string[],
  look?: (page: Page, id: string) => Promise<void>,
): Promise<ReadonlyMap<string, Seen>> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(watchTasks);
  await page.goto(url);
  await page
    .locator('section[aria-label="How far it moved"] [data-stale="false"]')
    .waitFor({ timeout: PATIENCE_MS });
  // The plots have their library, and the case's own certificate has begun.
  await page
    .locator('[data-testid="certificate-plot"][data-drawn="true"]')
    .waitFor({ timeout: PATIENCE_MS });
  const found = new Map<string, Seen>();
  for (const id of ids) {
    // What the page is still at from before is not the next one's.
    await page.waitForTimeout(1000);
    await page.evaluate(() => void longTasks().splice(0));
    found.set(id, await (id === "" ? idle(page) : switched(page, id, look)));
  }
  await page.close();
  return found;
}

async function idle(page: Page): Promise<Seen> {
  await page.waitForTimeout(5000);
  return { longestTaskMs: await longest(page), seconds: 5, isRefused: false };
}

async function switched(
  page: Page,
  id: string,
  look?: (page: Page, id: string) => Promise<void>,
): Promise<Seen> {
  const { label } = INSTRUMENT_CATALOG[id]!;
  const toggle = page.getByRole("switch", { name: `${label}: on`, exact: true });
  const begun = Date.now();
  await toggle.check();
  const card = page.locator("li", { has: toggle });
  const result = card.getByTestId(`found-${id}`);
  await result.and(page.locator('[data-stale="false"]')).waitFor({ timeout: PATIENCE_MS });
  // A result that is still growing has its progress beneath it.
  await card.getByRole("status").waitFor({ state: "detached", timeout: PATIENCE_MS });
  const seconds = (Date.now() - begun) / 1000;
  // Everything that the last result draws.
  await page.waitForTimeout(500);
  const longestTaskMs = await longest(page);
  const isRefused = (await result.locator("dl").count()) === 0;
  await look?.(page, id);
  await toggle.uncheck();
  return { longestTaskMs, seconds, isRefused };
}

function longest(page: Page): Promise<number> {
  return page.evaluate(() => longTasks().reduce((a, b) => Math.max(a, b), 0));
}

/** Of the page, where `watchTasks` keeps them. */
declare function longTasks(): number[];

function watchTasks(): void {
  const tasks: number[] = [];
  Object.assign(globalThis, { longTasks: () => tasks });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) tasks.push(entry.duration);
  }).observe({ type: "longtask", buffered: true });
}
