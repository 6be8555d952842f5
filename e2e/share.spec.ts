/** A link restores the whole experiment, replays it and says whether it was reproduced. */
import type { Page } from "@playwright/test";
import { figure, openBench, openFile, setSlider, settle, slider } from "./steps.ts";
import { chestDicom } from "./chestFiles.ts";
import { expect, test } from "./fixtures.ts";

async function shareLink(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Share" }).click();
  const link = await page.getByLabel("Link to this experiment").inputValue();
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

test("a changed experiment comes back from its link, number by number", async ({ page, site }) => {
  await openBench(page, site.url);
  await settle(page);
  await setSlider(slider(page, /PGD.*Epsilon/), 3.5);
  await settle(page);
  const sent = await numbers(page);
  const link = await shareLink(page);
  expect(link).toMatch(/#p1\.[\w-]+$/);

  const other = await page.context().newPage();
  await openBench(other, link);
  await settle(other);
  await expect(slider(other, /PGD.*Epsilon/)).toHaveValue("3.5");
  expect(await numbers(other)).toEqual(sent);
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
  const sent = await numbers(page);
  const link = await shareLink(page);

  const other = await page.context().newPage();
  await other.goto(link);
  await expect(other.getByText("Open the same file to replay it")).toBeVisible();
  await openFile(other, "renamed.dcm", chestDicom());
  await settle(other);
  expect(await numbers(other)).toEqual(sent);
});

test.describe("links that are refused", () => {
  for (const [name, fragment, sentence] of [
    ["junk", "#p1.AAAAAAAAAAAAAAAA", /link is (cut off|damaged)/],
    ["a newer version", "#p9.AAAAAAAAAAAA", /newer Penumbra/],
    ["a word", "#certificate", /not a Penumbra link/],
    ["a script", "#p1.<img src=x onerror=alert(1)>", /not a Penumbra link/],
  ] as const) {
    test(name, async ({ page, site }) => {
      await page.goto(site.url + fragment);
      await expect(page.getByRole("alert")).toHaveText(sentence);
      // The bench opens on its own case all the same.
      await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/);
    });
  }
});
