/** A reader's file leaves no trace: not on the network, not in storage, not in the link, not in the console. */
import type { Download, Page, Request } from "@playwright/test";
import { openBench, openFile, passGate, settle, shareLink } from "./steps.ts";
import { CANARY, chestDicom } from "./chestFiles.ts";
import { expect, test } from "./fixtures.ts";

/** Everything this origin keeps in the browser, as one text. */
async function storedText(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const parts: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        parts.push(request.url);
        const type = (await cache.match(request))?.headers.get("content-type") ?? "";
        if (/json|text|javascript/.test(type))
          parts.push(await (await cache.match(request))!.text());
      }
    }
    for (const { name } of await indexedDB.databases()) {
      if (!name) continue;
      parts.push(name);
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.addEventListener("success", () => resolve(opening.result));
        opening.addEventListener("error", () => reject(new Error("cannot open")));
      });
      for (const store of database.objectStoreNames) {
        const values = await new Promise<unknown[]>((resolve) => {
          const reading = database.transaction(store).objectStore(store).getAll();
          reading.addEventListener("success", () => resolve(reading.result));
        });
        parts.push(JSON.stringify(values));
      }
      database.close();
    }
    return parts.join("\n");
  });
}

function contents(request: Request): string {
  return [request.url(), JSON.stringify(request.headers()), request.postData() ?? ""].join("\n");
}

/** As Latin-1, so that text inside a picture or an array is found too. */
async function textOf(download: Download): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) parts.push(chunk as Buffer);
  return Buffer.concat(parts).toString("latin1");
}

async function openFromMenu(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: /^More/ }).click();
  await page.getByRole("menuitem", { name: new RegExp(`^${name}`) }).click();
}

test("no request leaves the origin, and no patient is found anywhere", async ({ page, site }) => {
  const requests: Request[] = [];
  const said: string[] = [];
  page.context().on("request", (request) => requests.push(request));
  page.on("console", (message) => said.push(message.text()));

  await openBench(page, site.url);
  await openFile(page, "PHI-CANARY.dcm", chestDicom());
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  await settle(page);
  // What is exported of such a film is held back until then.
  await passGate(page);
  const link = await shareLink(page);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save run manifest (JSON)" }).click();
  const manifest = await textOf(await saving);
  await page.keyboard.press("Escape");

  // The film's pixels may be kept where the reader says so, and they go into a figure; who it shows goes nowhere.
  await openFromMenu(page, "Sessions");
  await page.getByRole("checkbox", { name: /Keep the pixels of my own films/ }).check();
  await page.getByRole("button", { name: "Keep what is on the bench" }).click();
  await expect(page.getByRole("button", { name: /^Open / })).not.toHaveCount(0);
  await page.keyboard.press("Escape");
  await openFromMenu(page, "Export");
  const exported: Record<string, string> = {};
  for (const name of [
    "Save figure (SVG)",
    "Save figure (PNG)",
    "Save numbers (CSV)",
    "Save script (Python)",
    "Save its pictures (.npy)",
  ]) {
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name }).click();
    const download = await downloading;
    exported[name] = `${download.suggestedFilename()}\n${await textOf(download)}`;
  }
  expect(exported["Save script (Python)"]).toMatch(/PIXELS = """\n\n"""/);
  exported["citation"] = await page.getByLabel("How to cite this run").inputValue();

  const origin = new URL(site.url).origin;
  const foreign = requests
    .map((request) => request.url())
    .filter((url) => !/^(data|blob):/.test(url) && new URL(url).origin !== origin);
  expect(foreign).toEqual([]);
  expect(requests.filter((request) => request.method() !== "GET").map((r) => r.url())).toEqual([]);
  expect(requests.length).toBeGreaterThan(5);

  const traces = {
    requests: requests.map(contents).join("\n"),
    console: said.join("\n"),
    link,
    manifest,
    ...exported,
    storage: await storedText(page),
    page: await page.content(),
  };
  for (const [where, text] of Object.entries(traces)) {
    expect(CANARY.test(text), `the patient is in the ${where}`).toBe(false);
  }
  // The search itself works: the session is in the store, and the manifest names the picture by its hash.
  expect(traces.storage).toContain("penumbra-sessions");
  expect(traces.manifest).toMatch(/"sha256": "[0-9a-f]{64}"/);
});
