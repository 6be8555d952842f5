/** A reader's own files: the good ones open, the bad ones get one sentence and leave the open case alone. */
import { encode } from "fast-png";
import { CANARY, SIZE, chestDicom, chestPixels, wideDicom } from "./chestFiles.ts";
import { openBench, openFile, passGate, setSlider, settle, slider } from "./steps.ts";
import { expect, test } from "./fixtures.ts";

test("DICOM and 16-bit PNG open and are asked", async ({ page, site }) => {
  await openBench(page, site.url);
  await openFile(page, "study.dcm", chestDicom());
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  await expect(page.getByText("256 x 256, 12 bit")).toBeVisible();
  await settle(page);
  await passGate(page);
  await expect(page.getByTestId("answer-clean")).toHaveText(/^(yes|no)$/);
  await expect(page.getByTestId("film-facts")).toContainText("DX, no pixel size, MONOCHROME2");
  // Its header, without what tells whose film it is until that is asked for.
  await page.getByRole("button", { name: "DICOM header" }).click();
  const name = page.getByRole("row", { name: /^0010,0010/ });
  await expect(name).toContainText("hidden");
  expect(await page.content()).not.toMatch(CANARY);
  await page.getByRole("button", { name: "Show what is hidden" }).click();
  await expect(name).toContainText("PHI-CANARY^PATIENT");
  await page.getByLabel("Find in the header").fill("photometric");
  await expect(page.getByRole("dialog").getByRole("row")).toHaveCount(2);
  await page.keyboard.press("Escape");

  const png = encode({
    width: SIZE,
    height: SIZE,
    data: chestPixels(65_536),
    channels: 1,
    depth: 16,
  });
  await openFile(page, "picture.png", png);
  await expect(page.getByText("Your PNG file")).toBeVisible();
  await expect(page.getByText("256 x 256, 16 bit")).toBeVisible();
  await settle(page);
});

test("bad files get one sentence and the open case stays", async ({ page, site }) => {
  await openBench(page, site.url);
  await openFile(page, "study.dcm", chestDicom());
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  const whole = chestDicom();
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["empty.dcm", new Uint8Array(0), /empty/],
    ["cut.dcm", whole.subarray(0, whole.length - 40_000), /cut off/],
    [
      "notes.txt",
      new TextEncoder().encode("not a picture, only words ".repeat(30)),
      /not|format|recogni/i,
    ],
  ];
  for (const [name, bytes, sentence] of cases) {
    await openFile(page, name, bytes);
    const alert = page.getByRole("alert");
    await expect(alert).toHaveText(sentence);
    await expect(page.getByText("Your DICOM file")).toBeVisible();
    await alert.getByRole("button", { name: "Dismiss the message" }).click();
    await expect(alert).toBeHidden();
  }
});

test("a film that is given while another is being opened waits its turn", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  const data = chestPixels(65_536);
  const png = encode({ width: SIZE, height: SIZE, data, channels: 1, depth: 16 });
  await page.evaluate(
    (films) => {
      for (const [name, bytes] of films) {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
      }
    },
    [
      ["study.dcm", Array.from(chestDicom())],
      ["picture.png", Array.from(png)],
    ] as const,
  );
  await expect(page.getByText("Your PNG file")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

/** Keeps back, on request, all that the page asks of its workers: a film that takes as long as one likes. */
function slowWorkers(): void {
  const send = Worker.prototype.postMessage;
  let kept: (() => void)[] | null = null;
  Worker.prototype.postMessage = function (this: Worker, ...message: unknown[]) {
    const post = () => send.apply(this, message as Parameters<typeof send>);
    if (kept) kept.push(post);
    else post();
  };
  Object.assign(globalThis, {
    hold: () => (kept ??= []),
    release: () => {
      const held = kept ?? [];
      kept = null;
      for (const post of held) post();
    },
  });
}

test("a film that takes long to read or to draw says so meanwhile", async ({ page, site }) => {
  await page.addInitScript(slowWorkers);
  await openBench(page, site.url);
  await settle(page);
  const workers = (what: "hold" | "release") =>
    page.evaluate((name) => (globalThis as unknown as Record<string, () => void>)[name]!(), what);
  const reading = page.getByText("Reading the film…");
  await workers("hold");
  await openFile(page, "study.dcm", chestDicom());
  await expect(reading).toBeVisible();
  await workers("release");
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  await expect(reading).toBeHidden();
  await settle(page);

  const drawing = page.getByText("Drawing it at full resolution…");
  await workers("hold");
  await page.getByRole("button", { name: "Full resolution" }).click();
  await expect(drawing).toBeVisible();
  await workers("release");
  await expect(page.getByText("The film itself, not what the model was given.")).toBeVisible();
  await expect(drawing).toBeHidden();

  await workers("hold");
  await page.getByRole("radio", { name: "The whole film" }).click();
  await expect(page.getByText("The film is being read.")).toBeVisible();
  await workers("release");
  await expect(page.getByTestId("film-canvas")).toBeVisible({ timeout: 60_000 });
});

test("a file dropped anywhere on the page opens", async ({ page, site }) => {
  await openBench(page, site.url);
  const data = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], "study.dcm"));
    return transfer;
  }, Array.from(chestDicom()));
  await page.dispatchEvent("body", "dragover", { dataTransfer: data });
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
  await expect(page.getByText("Your DICOM file")).toBeVisible();
});

test("films that are dropped together become a list, each asked untouched, and what can't be opened says why", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  const whole = chestDicom();
  const files = [
    ["first.dcm", whole],
    ["cut.dcm", whole.subarray(0, whole.length - 40_000)],
    ["second.dcm", wideDicom()],
  ] as const;
  const data = await page.evaluateHandle(
    (dropped) => {
      const transfer = new DataTransfer();
      for (const [name, bytes] of dropped) {
        transfer.items.add(new File([Uint8Array.from(bytes)], name));
      }
      return transfer;
    },
    files.map(([name, bytes]) => [name, Array.from(bytes)] as const),
  );
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
  const rows = page.getByRole("list", { name: "Worklist" }).getByRole("listitem");
  await expect(rows).toHaveCount(3);
  // The films that are made here are no chest: their answers are held back here as well.
  await expect(rows.nth(0)).toContainText("unlike its films: held back");
  await expect(page.getByText("Your DICOM file")).toBeVisible();
  await page.getByRole("button", { name: "Ask all" }).click();
  await expect(rows.nth(1)).toContainText("cut off");
  await expect(rows.nth(2)).toContainText("unlike its films: held back");
  await expect(page.getByText("3 films, 3 asked")).toBeVisible();
  // What the list says of the open film is what the bench says.
  await passGate(page);
  const shown = await page.getByTestId("answer-clean").innerText();
  await expect(rows.nth(2)).toContainText(`unlike its films: ${shown}`);
  await expect(rows.nth(0)).toContainText("unlike its films: held back");
  // Behind a defense another system answers: under its name nothing is written yet but of the open film.
  await page.getByRole("button", { name: "Add a defense" }).click();
  await page.getByRole("menuitem", { name: "Gaussian filter" }).click();
  await expect(page.getByTestId("worklist-system")).toContainText("behind Gaussian filter (");
  await expect(rows.nth(0)).toContainText("not asked");
  await expect(rows.nth(2)).toContainText(/(yes|no) [\d.]+%/);
  await expect(page.getByText("3 films, 2 asked")).toBeVisible();
  // Over the one that can't be opened.
  await page.getByRole("button", { name: "Previous" }).click();
  await expect(rows.nth(0).getByRole("button")).toHaveAttribute("aria-current", "true");
  await page.getByRole("button", { name: "Close list" }).click();
  await expect(page.getByRole("list", { name: "Gallery of phantoms" })).toBeVisible();
});

test("a picture that is no chest film is said to be unlike all that the model knows", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  const data = Uint8Array.from({ length: 224 * 224 }, (_, k) => Math.floor(k / 224));
  const ramp = encode({ width: 224, height: 224, data, channels: 1, depth: 8 });
  await openFile(page, "ramp.png", ramp);
  await settle(page);
  await expect(page.getByTestId("population")).toContainText("trust no answer about it");
  // Held back until the reader asks for it all the same, wherever an answer about it would stand.
  const answer = page.getByTestId("answer-clean");
  const found = page.getByTestId("found-allFindings");
  await expect(answer).toHaveCount(0);
  await page.getByRole("switch", { name: "All findings at once: on" }).click();
  await settle(page);
  await expect(page.getByTestId("held-back")).toContainText("unlike those that the model knows");
  await expect(found).toHaveCount(0);
  await page.getByRole("button", { name: /^More/ }).click();
  await page.getByRole("menuitem", { name: /^Export/ }).click();
  const exported = page.getByRole("dialog", { name: "Export" });
  await expect(exported).toContainText("trust no answer about it");
  await expect(exported).not.toContainText("CSV");
  await page.keyboard.press("Escape");
  // Another system answers behind a defense, about the same picture.
  await page.getByRole("button", { name: "Add a defense" }).click();
  await page.getByRole("menuitem", { name: "Gaussian filter" }).click();
  await settle(page);
  await expect(page.getByTestId("population")).toContainText("trust no answer about it");
  await expect(answer).toHaveCount(0);
  await expect(page.getByTestId("undefended")).toHaveCount(0);
  await passGate(page);
  await expect(answer).toHaveText(/^(yes|no)$/);
  await expect(found).toContainText(/says yes to \d+ of/);
  await expect(page.getByTestId("undefended")).toContainText(/(yes|no)/);
  await expect(page.getByTestId("population")).toContainText("trust no answer about it");
});

test("a reader's own film opens untouched, its answer with what was measured, its pixels as they are", async ({
  page,
  site,
}) => {
  await openBench(page, site.url);
  await openFile(page, "study.dcm", chestDicom());
  await settle(page);
  await passGate(page);
  // Nothing was done to the film, so nothing is said against it before it was seen.
  await expect(page.getByTestId("flip-badge")).toHaveText("untouched");
  await expect(page.getByTestId("switched-off")).toContainText("switched off");
  const reliability = page.getByTestId("reliability");
  await expect(reliability).toContainText(/finds it on \d+ of \d+ normal adults and on \d+ of/);
  await expect(reliability).toContainText("Measured on real films");
  await expect(reliability).toContainText("AUC 0.");
  const card = reliability.getByRole("link", { name: "The model’s card" });
  const address = new URL((await card.getAttribute("href")) ?? "", page.url());
  expect(await (await page.request.get(address.href)).text()).toContain("## Adults");

  const viewer = page.getByRole("application", { name: "Clean radiograph viewer" });
  await expect(viewer).toContainText("224 x 224");
  await page.getByRole("button", { name: "Full resolution" }).click();
  await expect(viewer).toContainText(`${SIZE} x ${SIZE}`);
  await expect(page.getByText("The film itself, not what the model was given.")).toBeVisible();

  await page.getByRole("button", { name: "Switch them on again" }).click();
  await settle(page);
  await expect(page.getByTestId("switched-off")).toBeHidden();
  await expect(page.getByRole("switch", { name: "PGD: on" })).toBeChecked();
});

test("the ground truth knows the size of what a phantom has", async ({ page, site }) => {
  await openBench(page, site.url);
  await setSlider(slider(page, "Pleural effusion: Volume"), 500);
  const question = page.locator('input[aria-label="Question"]');
  for (const [asked, truth] of [
    ["How large is the pleural effusion?", /Ground truth: moderate\. There is a moderate left/],
    ["Is there a moderate pleural effusion?", /Ground truth: yes\./],
    ["Is there a large pleural effusion?", /Ground truth: no\. .*large at 850 mL/],
    [
      "Are there lines or tubes?",
      /Ground truth: no\. The phantom has no tube, line or pacemaker\./,
    ],
  ] as const) {
    await question.fill(asked);
    await question.press("Enter");
    await expect(page.getByTestId("truth")).toHaveText(truth);
  }
});
