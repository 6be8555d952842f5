/** The whole film: what a radiologist does with it before asking a model anything. */
import { decode } from "fast-png";
import type { Page } from "@playwright/test";
import { TAG, words } from "../src/testing/dicomBytes.ts";
import { WIDE, wideDicom } from "./chestFiles.ts";
import { expect, test } from "./fixtures.ts";
import { openBench, openFile, passGate, settle, shareLink } from "./steps.ts";

async function openFilm(page: Page, url: string, bytes: Uint8Array): Promise<void> {
  await openBench(page, url);
  await openFile(page, "film.dcm", bytes);
  // The model has answered about it: what it says no longer moves the page.
  await settle(page);
  await page.getByRole("radio", { name: "The whole film" }).click();
  await expect(page.getByTestId("film-canvas")).toBeVisible({ timeout: 60_000 });
}

/** Viewer and film on it: the film is fitted, so that its width is the viewer's. */
async function placed(page: Page) {
  const viewer = page.getByRole("application", { name: "Whole film viewer" });
  const { x, y, width, height } = (await viewer.boundingBox())!;
  const scale = Math.min(width / WIDE.cols, height / WIDE.rows);
  const middle = { x: x + width / 2, y: y + height / 2 };
  /** A point of the fitted film, in CSS pixels of the page. */
  const at = (col: number, row: number) => ({
    x: middle.x + (col - WIDE.cols / 2) * scale,
    y: middle.y + (row - WIDE.rows / 2) * scale,
  });
  return { viewer, scale, middle, at };
}

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 5 });
  await page.mouse.up();
}

/** Grey level of one point of the page. */
async function grayAt(page: Page, { x, y }: { x: number; y: number }): Promise<number> {
  const clip = { x: Math.floor(x), y: Math.floor(y), width: 1, height: 1 };
  return decode(await page.screenshot({ clip })).data[0]!;
}

/** The grey level on the screen is the one the probe tells. */
async function expectShown(page: Page, spot: { x: number; y: number }): Promise<void> {
  await page.mouse.move(spot.x, spot.y);
  const probe = page.getByTestId("film-probe");
  await expect(probe).toContainText("shown");
  await expect(async () => {
    const shown = Number(/shown (\d+)/.exec(await probe.innerText())![1]);
    expect(Math.abs((await grayAt(page, spot)) - shown)).toBeLessThanOrEqual(2);
  }).toPass({ timeout: 10_000 });
}

function windowOf(text: string): { width: number; center: number } {
  const [, width, center] = /width (-?\d+), centre (-?\d+)/.exec(text)!;
  return { width: Number(width), center: Number(center) };
}

test("the whole film is shown with the model's square on it, and each pixel tells its values", async ({
  page,
  site,
}) => {
  await openFilm(page, site.url, wideDicom());
  const { at, viewer } = await placed(page);
  // The middle 400 of 600 columns.
  const corners = (await page.getByTestId("model-square").getAttribute("points"))!
    .split(" ")
    .map((pair) => pair.split(",").map(Number));
  const box = (await viewer.boundingBox())!;
  for (const [index, [col, row]] of [
    [100, 0],
    [500, 0],
    [500, 400],
    [100, 400],
  ].entries()) {
    const expected = at(col!, row!);
    expect(Math.abs(box.x + corners[index]![0]! - expected.x)).toBeLessThan(2);
    expect(Math.abs(box.y + corners[index]![1]! - expected.y)).toBeLessThan(2);
  }
  // Column 40 lies outside the square, where the model sees nothing and the reader everything.
  const spot = at(40.5, 200.5);
  await page.mouse.move(spot.x, spot.y);
  await expect(page.getByTestId("film-probe")).toContainText(
    "40, 200: stored 280, value 460, shown",
  );
  await expectShown(page, spot);
});

test("what is drawn is what the probe says: by a curve, by a window, and of a phantom", async ({
  page,
  site,
}) => {
  const sigmoid = {
    [TAG.voiFunction]: "SIGMOID",
    [TAG.windowCenter]: "1500",
    [TAG.windowWidth]: "900",
  };
  await openFilm(page, site.url, wideDicom(sigmoid));
  // Attention lies over what the probe speaks of.
  await page.keyboard.press("a");
  const { at } = await placed(page);
  const spots = [at(200.5, 150.5), at(310.5, 250.5), at(390.5, 330.5)];
  for (const spot of spots) await expectShown(page, spot);
  // A preset is a straight line.
  await page.keyboard.press("4");
  for (const spot of spots) await expectShown(page, spot);
  await page.keyboard.press("i");
  for (const spot of spots) await expectShown(page, spot);
  await page
    .getByRole("button", { name: /^Open phantom/ })
    .first()
    .click();
  await expect(page.getByTestId("film-canvas")).toBeVisible({ timeout: 60_000 });
  await settle(page);
  await expectShown(page, at(300.5, 150.5));
});

test("it is zoomed at the cursor, moved, turned and mirrored, and says so", async ({
  page,
  site,
}) => {
  await openFilm(page, site.url, wideDicom());
  const { at } = await placed(page);
  const probe = page.getByTestId("film-probe");
  const spot = at(150.5, 120.5);
  await page.mouse.move(spot.x, spot.y);
  await expect(probe).toContainText("150, 120:");
  await page.mouse.wheel(0, -600);
  await expect(probe).toContainText("150, 120:");
  const value = page.locator("#film-value");
  await page.getByRole("button", { name: "1:1" }).click();
  await expect(value).toContainText("100% of the film’s pixels");
  await page.getByRole("button", { name: "Fit", exact: true }).click();
  // Two clicks give it the place of the whole bench, and its key takes that back.
  const rail = page.getByRole("complementary", { name: "Question and answers" });
  await page.mouse.dblclick(spot.x, spot.y);
  await expect(rail).toBeHidden();
  await page.keyboard.press("f");
  await expect(rail).toBeVisible();
  const badge = page.getByTestId("orientation");
  await expect(badge).toHaveText("");
  await page.keyboard.press("k");
  await expect(badge).toHaveText("turned 90°");
  await page.keyboard.press("l");
  await page.keyboard.press("h");
  await expect(badge).toHaveText("mirrored");
  // Left and right are exchanged: column 150 is where column 449 was.
  const other = at(449.5, 120.5);
  await page.mouse.move(other.x, other.y);
  await expect(probe).toContainText("150, 120:");
  await page.keyboard.press("r");
  await expect(badge).toHaveText("");
});

test("the window follows a drag, coarser with Shift and finer with Ctrl", async ({
  page,
  site,
}) => {
  await openFilm(page, site.url, wideDicom());
  const { middle } = await placed(page);
  const value = page.locator("#film-value");
  const wider = async (key?: "Shift" | "Control") => {
    await page.keyboard.press("1");
    const before = windowOf(await value.innerText()).width;
    if (key) await page.keyboard.down(key);
    await drag(page, middle, { x: middle.x + 80, y: middle.y });
    if (key) await page.keyboard.up(key);
    return windowOf(await value.innerText()).width - before;
  };
  const plain = await wider();
  expect(plain).toBeGreaterThan(0);
  expect((await wider("Shift")) / plain).toBeCloseTo(4, 1);
  expect((await wider("Control")) / plain).toBeCloseTo(1 / 8, 1);
});

test("lengths are measured where they hold, by pointer and by keys", async ({ page, site }) => {
  await openFilm(page, site.url, wideDicom());
  const { at, viewer } = await placed(page);
  await page.keyboard.press("d");
  await drag(page, at(100, 100), at(300, 100));
  const lengths = page.getByRole("list", { name: "Measurements" });
  await expect(lengths).toContainText(
    /(99\.\d|100\.\d) mm at the detector; in the patient it is less/,
  );
  await viewer.focus();
  await page.keyboard.press("Enter");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  // Four steps of a sixty-fourth of 600 columns of 0.5 mm.
  await expect(lengths.getByRole("listitem").nth(1)).toContainText("18.8 mm");
  await page.keyboard.press("Delete");
  await expect(lengths.getByRole("listitem")).toHaveCount(1);

  await page.keyboard.press("c");
  await drag(page, at(200, 200), at(320, 200));
  await drag(page, at(150, 250), at(390, 250));
  await expect(lengths).toContainText("cardiothoracic ratio 0.50");
  await page.keyboard.press("n");
  await drag(page, at(100, 100), at(200, 100));
  await drag(page, at(200, 100), at(200, 200));
  await expect(lengths).toContainText(/(89|90|91)° between the two arms/);
  // The value is 2 (2 col + row) − 100: in the middle of columns and rows 100 to 200 it is 800.
  await page.keyboard.press("q");
  // The list has grown, and the film with what it leaves.
  const grown = await placed(page);
  await drag(page, grown.at(100, 100), grown.at(200, 200));
  await expect(lengths).toContainText(/mean (79\d|80\d)(\.\d)?, SD 1[23]\d/);
  await expect(lengths).toContainText(/area 2\d{3} mm² at the detector, in the patient less/);
  await expect(lengths).toContainText(/after the file’s rescale; as stored: mean 4[45]\d/);
  // Lines, and nothing that covers the film between them.
  for (const line of await page.locator("figure polyline").all()) {
    await expect(line).toHaveCSS("fill", "none");
  }

  await page.keyboard.press("d");

  // Another film: what was measured on the first is not shown on it.
  await openFile(page, "plain.dcm", wideDicom({}, 1));
  await expect(lengths).toBeHidden();
  // What is measured while the film still comes goes with the one before.
  await settle(page);
  await drag(page, at(100, 100), at(300, 100));
  await expect(lengths).toContainText(/(199|200|201) px the file has no pixel spacing/);
});

/** Two pictures in one file, the second a ramp the other way. */
function twoPictures(): Uint8Array {
  const pixels = WIDE.cols * WIDE.rows;
  const ramp = (at: (col: number) => number) =>
    Array.from({ length: pixels }, (_, i) => 4 * at(i % WIDE.cols) + Math.floor(i / WIDE.cols));
  return wideDicom({
    [TAG.frames]: "2",
    [TAG.pixelData]: words([...ramp((col) => col), ...ramp((col) => WIDE.cols - col)]),
  });
}

test("the second picture of a file, given in a part that the reader moved, comes back from its link", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await openFile(page, "two.dcm", twoPictures());
  await expect(page.getByText("This file holds 2 pictures; the first is shown.")).toBeVisible();
  const next = page.getByRole("button", { name: "Next picture" });
  await next.press("Enter");
  await expect(page.getByText("number 2 is shown")).toBeVisible();
  // At the last one there is nothing to press, and the keyboard is still there.
  await expect(next).toBeDisabled();
  await expect(next).toBeFocused();
  // 100 columns on each side are cut off, and that is said before the answer.
  const cut = page.getByTestId("cut-off");
  await expect(cut).toContainText("17% at the left and 17% at the right");
  await page.getByLabel("Part of the film for the model").selectOption("placed");
  const { viewer, middle, at, scale } = await placed(page);
  await expect(page.getByTestId("film-canvas")).toBeVisible({ timeout: 60_000 });
  await drag(page, middle, { x: middle.x - 42 * scale, y: middle.y });
  await viewer.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(cut).toContainText("8% at the left and 25% at the right");
  const corner = (await page.getByTestId("model-square").getAttribute("points"))!.split(/[ ,]/);
  expect(Math.abs((await viewer.boundingBox())!.x + Number(corner[0]) - at(49, 0).x)).toBeLessThan(
    2,
  );
  await settle(page);
  await passGate(page);
  const link = await shareLink(page);

  const other = await page.context().newPage();
  await other.goto(link);
  await expect(other.getByText(/picture 2 of its file/)).toBeVisible({ timeout: 60_000 });
  await openFile(other, "two.dcm", twoPictures());
  await settle(other);
  await passGate(other);
  await expect(other.getByText("Reproduced.")).toBeVisible();
  await expect(other.getByTestId("cut-off")).toContainText("8% at the left and 25% at the right");
});
