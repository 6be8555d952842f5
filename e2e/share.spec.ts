/** A link restores the whole experiment, replays it and says whether it was reproduced. */
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { decodeShareLink } from "../src/experiment/shareLink/decode.ts";
import { openExperiment } from "../src/experiment/openExperiment.ts";
import {
  figure,
  openBench,
  openFile,
  passGate,
  setSlider,
  settle,
  shareLink,
  slider,
} from "./steps.ts";
import { chestDicom } from "./chestFiles.ts";
import { expect, test } from "./fixtures.ts";

async function copiedLink(page: Page): Promise<string> {
  const link = await shareLink(page);
  await page.keyboard.press("Escape");
  return link;
}

async function numbers(page: Page): Promise<readonly unknown[]> {
  return [
    await page.getByTestId("answer-clean").innerText(),
    await page.getByTestId("answer-disturbed").innerText(),
    await figure(page, "Feature cosine"),
    await figure(page, "Max change"),
    await figure(page, "l2 distance"),
  ];
}

/** A free-hand stroke, whose points are no round numbers. */
async function paintStroke(page: Page): Promise<void> {
  const viewer = page.getByRole("application", { name: "Disturbed radiograph viewer" });
  await viewer.focus();
  await page.keyboard.press("b");
  const { x, y, width, height } = (await viewer.boundingBox())!;
  await page.mouse.move(x + 0.313 * width, y + 0.417 * height);
  await page.mouse.down();
  await page.mouse.move(x + 0.517 * width, y + 0.531 * height, { steps: 7 });
  await page.mouse.up();
}

test("a changed experiment comes back from its link, number by number", async ({ page, site }) => {
  const zoomed = (on: Page) => on.locator("#clean-value");
  await openBench(page, site.url);
  await settle(page);
  await page.keyboard.press("=");
  await expect(zoomed(page)).toContainText("zoom 125%");
  await setSlider(slider(page, /PGD.*Epsilon/), 3.5);
  await paintStroke(page);
  await page.getByLabel("Attention overlay").selectOption({ label: "Answer layer 1" });
  await settle(page);
  const sent = await numbers(page);
  const link = await copiedLink(page);
  expect(link).toMatch(/#p1\.[\w-]+$/);

  const other = await page.context().newPage();
  await openBench(other, link);
  await settle(other);
  await expect(slider(other, /PGD.*Epsilon/)).toHaveValue("3.5");
  // What is drawn is the layer that was chosen, not the encoder's of the same tensor name.
  await expect(other.getByText("Answer layer 1, head mean").first()).toBeVisible();
  expect(await numbers(other)).toEqual(sent);
  await expect(zoomed(other)).toContainText("zoom 125%");
  await expect(other.getByText("Reproduced.")).toBeVisible();
});

test("a link to a reader's own file asks for it, and replays when it is given", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await openFile(page, "study.dcm", chestDicom());
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  await settle(page);
  // What is held back on screen is in no link either.
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByText("while this film’s answer is held back")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save run manifest" })).toBeDisabled();
  const held = decodeShareLink(await page.getByLabel("Link to this experiment").inputValue());
  expect(held.expected).toBeUndefined();
  await page.keyboard.press("Escape");
  await passGate(page);
  const sent = await numbers(page);
  const link = await copiedLink(page);

  const other = await page.context().newPage();
  await other.goto(link);
  await expect(other.getByText("Open the same file to replay it")).toBeVisible();
  await openFile(other, "renamed.dcm", chestDicom());
  await settle(other);
  await expect(other.getByText("is said once you ask for this film’s answer")).toBeVisible();
  await passGate(other);
  expect(await numbers(other)).toEqual(sent);
  await expect(other.getByText("Reproduced.")).toBeVisible();
});

test("a saved run manifest opens again and is compared; the headless lab reads it too", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await settle(page);
  await setSlider(slider(page, /PGD.*Epsilon/), 3);
  await settle(page);
  const sent = await numbers(page);
  await page.getByRole("button", { name: "Share" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save run manifest" }).click(),
  ]);
  const file = await download.path();
  const saved = await readFile(file, "utf8");
  expect(JSON.parse(saved)).toMatchObject({
    format: "penumbra-run",
    environment: {
      lab: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      runtime: expect.stringMatching(/^onnxruntime-web \d+/),
      madeAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      machine: expect.stringContaining("Chrome"),
      backend: "wasm",
    },
  });

  const other = await page.context().newPage();
  await page.close();
  await openBench(other, site.url);
  await other.getByRole("button", { name: "Share" }).click();
  await other
    .getByLabel("Open a run manifest")
    .setInputFiles({ name: "run.json", mimeType: "application/json", buffer: Buffer.from(saved) });
  await other.keyboard.press("Escape");
  await settle(other);
  expect(await numbers(other)).toEqual(sent);
  await expect(other.getByText("Reproduced.")).toBeVisible();
  await expect(other.getByText("are those of the manifest")).toBeVisible();
  expect(openExperiment(saved).expected?.answerClean).toBe(sent[0]);
});

test("a link stays in the address until the experiment changes, and Back returns to it", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await settle(page);
  await setSlider(slider(page, /PGD.*Epsilon/), 3);
  await settle(page);
  const link = await copiedLink(page);

  const other = await page.context().newPage();
  await page.close();
  // A chat program's full stop.
  await openBench(other, `${link}.`);
  await settle(other);
  await expect(slider(other, /PGD.*Epsilon/)).toHaveValue("3");
  await other.reload();
  await settle(other);
  await expect(slider(other, /PGD.*Epsilon/)).toHaveValue("3");
  await setSlider(slider(other, /PGD.*Epsilon/), 1);
  await expect.poll(() => new URL(other.url()).hash).toBe("");
  await settle(other);
  await other.goBack();
  await expect(slider(other, /PGD.*Epsilon/)).toHaveValue("3");
});

test("a link that is none, or of a newer page, is refused in a sentence, and the bench opens all the same", async ({
  page,
  site,
}) => {
  for (const [fragment, sentence] of [
    ["#p1.AAAAAAAAAAAAAAAA", /link is (cut off|damaged)/],
    ["#p9.AAAAAAAAAAAA", /newer Penumbra/],
    ["#certificate", /not a Penumbra link/],
    ["#p1.<img src=x onerror=alert(1)>", /not a Penumbra link/],
  ] as const) {
    // Another fragment alone is no new page.
    await page.goto("about:blank");
    await page.goto(site.url + fragment);
    await expect(page.getByRole("alert")).toHaveText(sentence);
  }
  await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/);
});
