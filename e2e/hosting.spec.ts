/** Plain hosting (no isolation headers), and no network at all. */
import { openBench, settle } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("without COOP and COEP the lab runs on one thread and says so", async ({ page, site }) => {
  await openBench(page, site.plainUrl);
  await settle(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  await expect(page.getByTestId("backend-chip")).toContainText("WASM x1");
  await page.getByTestId("backend-chip").click();
  await expect(page.getByText("page is not cross-origin isolated")).toBeVisible();
});

test("isolated, the lab takes every core but the one it leaves to the page", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const threads = Math.max(1, Math.min(8, cores - 1));
  await expect(page.getByTestId("backend-chip")).toContainText(`WASM x${threads} `);
});

test("after one visit the page opens, answers and attacks without a network", async ({
  page,
  site,
  context,
}) => {
  await openBench(page, site.url);
  await settle(page);
  // The service worker takes over pages from the next navigation on.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await settle(page);
  const answer = await page.getByTestId("answer-disturbed").innerText();
  await context.setOffline(true);
  await page.reload();
  await settle(page);
  await expect(page.getByTestId("answer-disturbed")).toHaveText(answer);
});
