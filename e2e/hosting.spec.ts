/** Plain hosting (no isolation headers), a room, a deploy under an open page, and no network at all. */
import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Locator, Page } from "@playwright/test";
import { serve } from "../scripts/serve.mjs";
import { chestJpeg2000 } from "./chestFiles.ts";
import { openBench, openFile, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

const DIST = path.join(import.meta.dirname, "../dist");

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

/** What the menu of the backend chip says about work without a network. */
async function openOfflineFiles(page: Page): Promise<Locator> {
  const section = page.getByRole("region", { name: "Without a network" });
  if (!(await section.isVisible())) await page.getByTestId("backend-chip").click();
  return section;
}

test("after one visit the page opens, answers and attacks without a network", async ({
  page,
  site,
  context,
}) => {
  await openBench(page, site.url);
  await settle(page);
  const answer = await page.getByTestId("answer-disturbed").innerText();
  const offline = await openOfflineFiles(page);
  await expect(offline.getByTestId("kept")).toContainText("this page, Base model (int8)");
  await expect(offline).toContainText(/Needs the network so far: .*Attack-trained model/);

  await context.setOffline(true);
  await page.reload();
  await settle(page);
  await expect(page.getByTestId("answer-disturbed")).toHaveText(answer);
  // A model that was never opened is not there, and is said not to be.
  await page.getByRole("combobox", { name: "Model", exact: true }).selectOption("robust");
  await expect(page.getByRole("alert")).toContainText("no connection");
});

test("after keeping everything, other models and compressed files work without a network", async ({
  page,
  site,
  context,
}) => {
  // Two models and three reloads of the runtime.
  test.slow();
  await openBench(page, site.url);
  const offline = await openOfflineFiles(page);
  await offline.getByRole("button", { name: /^Keep everything \(\d+\.\d MB\)$/ }).click();
  await expect(offline).toContainText("Everything that comes with the lab is kept.", {
    timeout: 120_000,
  });

  await context.setOffline(true);
  await page.reload();
  await settle(page);
  await page.getByRole("combobox", { name: "Model", exact: true }).selectOption("noise");
  await expect(page.getByTestId("backend-chip")).toContainText(/int8/);
  await settle(page);
  await page.getByTestId("backend-chip").click();
  await expect(page.getByText(/^noise, int8/)).toBeVisible();
  await page.getByRole("combobox", { name: "Weights" }).selectOption("fp16");
  await expect(page.getByText(/^noise, fp16/)).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press("Escape");

  await openFile(page, "study.dcm", await chestJpeg2000());
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  await settle(page);

  // A vision-language model in several graphs, which the page fetches file by file, and its card.
  await page.getByRole("combobox", { name: "Model", exact: true }).selectOption("llava-mini");
  const card = page.getByRole("link", { name: "What it was trained and measured on" });
  await expect(card).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId("folder-memory")).toBeVisible();
  const address = await card.getAttribute("href");
  expect(await page.evaluate(async (at) => (await fetch(at)).text(), address!)).toContain("LLaVA");
});

test("a page left open over a deploy keeps its files, and takes the newer page on request", async ({
  page,
}) => {
  const folder = await mkdtemp(path.join(tmpdir(), "penumbra-deploy-"));
  await cp(DIST, folder, { recursive: true });
  const site = await serve({ root: folder, port: 4650 });
  try {
    await openBench(page, site.url);
    const offline = await openOfflineFiles(page);
    await expect(offline.getByTestId("kept")).toBeVisible();
    await page.keyboard.press("Escape");
    await setSlider(slider(page, /PGD.*Epsilon/), 3.5);
    await settle(page);

    await deployAnew(folder);
    await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
    const notice = page.getByText("A newer version of this page is ready.");
    await expect(notice).toBeVisible();
    // The old page's own panel, which the server no longer has.
    await page.getByRole("button", { name: "Share" }).click();
    await expect(page.getByLabel("Link to this experiment")).toHaveValue(/#p1\./);
    await page.keyboard.press("Escape");

    // The notice goes with the click, the page a little later.
    const reloaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "Reload and keep the work" }).click();
    await reloaded;
    await expect(notice).toBeHidden({ timeout: 60_000 });
    await settle(page);
    await expect(slider(page, /PGD.*Epsilon/)).toHaveValue("3.5");
    await page.getByRole("button", { name: "Share" }).click();
    await expect(page.getByLabel("Link to this experiment")).toHaveValue(/#p1\./);
    expect(
      await page.evaluate(() =>
        performance.getEntriesByType("resource").some(({ name }) => /SharePanel-NEWER/.test(name)),
      ),
    ).toBe(true);
  } finally {
    await site.close();
    await rm(folder, { recursive: true });
  }
});

/** What a second build does to the first one's folder: the share panel, and so all that names it, has another name. */
async function deployAnew(folder: string): Promise<void> {
  const assets = path.join(folder, "assets");
  const scripts = (await readdir(assets)).filter((name) => name.endsWith(".js"));
  const changed = scripts.filter((name) => /^(SharePanel|mount|index)-/.test(name));
  const renamed = (name: string) => name.replace(/-[\w-]{8}\.js$/, "-NEWER123.js");
  const files = [...scripts.map((name) => path.join(assets, name)), "index.html", "sw.js"];
  for (const file of files.map((name) => path.resolve(folder, name))) {
    const text = await readFile(file, "utf8");
    const anew = changed.reduce((all, name) => all.replaceAll(name, renamed(name)), text);
    // The page's revision in the list of what to keep.
    await writeFile(
      file,
      anew.replaceAll(/"?revision"?:"/g, (found) => `${found}n`),
    );
  }
  for (const name of changed) {
    await rename(path.join(assets, name), path.join(assets, renamed(name)));
  }
}

test("started for a room, a link made on localhost leads the room here", async ({ page, site }) => {
  await openBench(page, site.room.url);
  await page.getByRole("button", { name: "Share" }).click();
  const link = page.getByLabel("Link to this experiment");
  const { addresses } = (await (
    await page.request.get(`${site.room.url}addresses.json`)
  ).json()) as {
    addresses: string[];
  };
  if (addresses.length > 0) {
    await expect(page.getByText("names this machine by its network address")).toBeVisible();
    expect((await link.inputValue()).startsWith(addresses[0]!)).toBe(true);
  } else {
    await expect(page.getByText("works on this machine only")).toBeVisible();
  }
  await page.goto(site.url);
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByText("This address works on this machine only.")).toBeVisible();
});
